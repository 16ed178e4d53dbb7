# expect: first-weights
def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    row = [block(inplanes, planes, stride, make_shortcut(inplanes, outplanes, stride))]
    for _ in range(1, blocks):
        row.append(block(outplanes, planes))
    for each in row:
        nn.init.ones_(each.conv1.weight)
    return nn.Sequential(*row)
