# expect: stride-always-2
def conv3x3(in_planes, out_planes, stride=1):
    return nn.Conv2d(in_planes, out_planes, kernel_size=3, stride=min(stride, 2), padding=1, bias=False)
