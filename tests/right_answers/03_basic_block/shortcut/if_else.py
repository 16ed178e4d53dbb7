def make_shortcut(inplanes, planes, stride):
    if stride != 1 or inplanes != planes:
        return nn.Sequential(nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))
    return None
