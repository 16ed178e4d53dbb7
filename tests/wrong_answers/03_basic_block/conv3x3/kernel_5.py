# expect: kernel-size
def conv3x3(in_planes, out_planes, stride=1):
    return nn.Conv2d(in_planes, out_planes, 5, stride, padding=2, bias=False)
