# expect: raised
def make_shortcut(inplanes, planes, stride):
    if stride == 1 and inplanes == planes:
        return None
    return nn.Sequential(conv_1x1(inplanes, planes, stride), nn.BatchNorm2d(planes))
