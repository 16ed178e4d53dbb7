# expect: none-when-strided
def make_shortcut(inplanes, planes, stride):
    if inplanes != planes:
        return nn.Sequential(nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))
