def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    stage = nn.Sequential()
    downsample = None
    if stride != 1 or inplanes != outplanes:
        downsample = nn.Sequential(
            nn.Conv2d(inplanes, outplanes, kernel_size=1, stride=stride, bias=False), nn.BatchNorm2d(outplanes)
        )
    stage.append(block(inplanes, planes, stride, downsample))
    for _ in range(blocks - 1):
        stage.append(block(outplanes, planes))
    return stage
