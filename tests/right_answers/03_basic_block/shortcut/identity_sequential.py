def make_shortcut(inplanes, planes, stride):
    if stride == 1 and inplanes == planes:
        return nn.Sequential()
    conv = nn.Conv2d(inplanes, planes, 1, stride, bias=False)
    norm = nn.BatchNorm2d(planes)
    return nn.Sequential(conv, norm)
