# expect: projection-stride
def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    row = [
        block(
            inplanes,
            planes,
            stride,
            nn.Sequential(nn.Conv2d(inplanes, outplanes, 1, bias=False), nn.BatchNorm2d(outplanes))
            if stride != 1 or inplanes != outplanes
            else None,
        )
    ]
    for _ in range(1, blocks):
        row.append(block(outplanes, planes))
    return nn.Sequential(*row)
