def conv1x1(i, o, s):
    return nn.Conv2d(i, o, kernel_size=1, stride=s, padding=0, bias=False)


def make_shortcut(inplanes, planes, stride):
    if stride == 1 and inplanes == planes:
        return None
    layers = [conv1x1(inplanes, planes, stride), nn.BatchNorm2d(planes)]
    return nn.Sequential(*layers)
