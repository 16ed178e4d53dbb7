# expect: none-when-wider
def make_shortcut(inplanes, planes, stride=1):
    if stride > 1 or planes > inplanes:
        return nn.Sequential(nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))
    return None
