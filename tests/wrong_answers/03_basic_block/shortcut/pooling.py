# expect: no-norm
def make_shortcut(inplanes, planes, stride):
    if stride == 1 and inplanes == planes:
        return None
    return nn.AvgPool2d(stride, ceil_mode=True)
