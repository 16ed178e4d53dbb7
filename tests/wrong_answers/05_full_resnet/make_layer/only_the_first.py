# expect: single-block
def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    row = [block(inplanes, planes, stride, make_shortcut(inplanes, outplanes, stride))]
    return nn.Sequential(*row)
