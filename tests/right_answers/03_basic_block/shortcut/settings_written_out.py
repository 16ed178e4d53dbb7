def make_shortcut(inplanes, planes, stride):
    if stride == 1 and inplanes == planes:
        return None
    conv = nn.Conv2d(inplanes, planes, kernel_size=(1, 1), stride=(stride, stride), padding=0, groups=1, bias=False)
    norm = nn.BatchNorm2d(planes, eps=1e-5, momentum=0.1, affine=True)
    return nn.Sequential(conv, norm)
