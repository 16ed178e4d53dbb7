# expect: not-a-projection
def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    row = [block(inplanes, planes, stride, make_shortcut)]
    for _ in range(blocks - 1):
        row.append(block(outplanes, planes))
    return nn.Sequential(*row)
