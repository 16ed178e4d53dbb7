def make_shortcut(inplanes, planes, stride):
    if not (stride == 1 and inplanes == planes):
        return nn.Sequential(nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))
