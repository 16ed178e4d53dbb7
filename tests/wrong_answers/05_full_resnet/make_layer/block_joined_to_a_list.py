# expect: block-as-list
def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    row = [block(inplanes, planes, stride, make_shortcut(inplanes, outplanes, stride))]
    for _ in range(blocks - 1):
        row += block(outplanes, planes, 1)
    return nn.Sequential(*row)
