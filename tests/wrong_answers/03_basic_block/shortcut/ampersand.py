# expect: slip-and
def make_shortcut(inplanes, planes, stride):
    if stride == 1 & inplanes == planes:
        return None
    return nn.Sequential(nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))
