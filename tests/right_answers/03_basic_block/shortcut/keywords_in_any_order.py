def make_shortcut(inplanes, planes, stride):
    if stride == 1 and inplanes == planes:
        return None
    conv = nn.Conv2d(bias=False, stride=stride, kernel_size=1, out_channels=planes, in_channels=inplanes)
    norm = nn.BatchNorm2d(planes)
    return nn.Sequential(conv, norm)
