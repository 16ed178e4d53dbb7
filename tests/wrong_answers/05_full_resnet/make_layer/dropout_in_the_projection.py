# expect: train-differs
def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    projection = None
    if stride != 1 or inplanes != outplanes:
        projection = nn.Sequential(conv1x1(inplanes, outplanes, stride), nn.BatchNorm2d(outplanes), nn.Dropout2d(0.5))
    row = [block(inplanes, planes, stride, projection)]
    for _ in range(1, blocks):
        row.append(block(outplanes, planes))
    return nn.Sequential(*row)
