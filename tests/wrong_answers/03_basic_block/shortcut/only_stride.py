# expect: none-when-wider
def make_shortcut(inplanes, planes, stride):
    if stride != 1:
        return nn.Sequential(nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))
