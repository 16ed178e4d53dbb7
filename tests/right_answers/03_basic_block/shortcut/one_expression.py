def make_shortcut(inplanes, planes, stride):
    return None if (inplanes, 1) == (planes, stride) else nn.Sequential(nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))
