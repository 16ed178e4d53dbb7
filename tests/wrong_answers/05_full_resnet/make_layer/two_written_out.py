# expect: stride-default
def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    row = [block(inplanes, planes, 2, make_shortcut(inplanes, outplanes, 2))]
    for _ in range(1, blocks):
        row.append(block(outplanes, planes))
    return nn.Sequential(*row)
