# expect: other-norm
def make_shortcut(inplanes, planes, stride):
    if stride == 1 and inplanes == planes:
        return None
    conv = nn.Conv2d(inplanes, planes, 1, stride, bias=False)
    norm = nn.InstanceNorm2d(planes, affine=True, track_running_stats=True)
    return nn.Sequential(conv, norm)
