# expect: projection-everywhere
def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    row = [block(inplanes, planes, stride, make_shortcut(inplanes, outplanes, stride))]
    for _ in range(1, blocks):
        projection = nn.Sequential(nn.Conv2d(outplanes, outplanes, 1, bias=False), nn.BatchNorm2d(outplanes))
        row.append(block(outplanes, planes, 1, projection))
    return nn.Sequential(*row)
