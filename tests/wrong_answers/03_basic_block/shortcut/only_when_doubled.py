# expect: none-when-wider
def make_shortcut(inplanes, planes, stride):
    if planes == 2 * inplanes:
        return nn.Sequential(nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))
