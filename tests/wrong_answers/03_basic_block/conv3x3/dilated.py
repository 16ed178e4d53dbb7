# expect: dilated
def conv3x3(in_planes, out_planes, stride=1):
    return nn.Conv2d(in_planes, out_planes, 3, stride, padding=2, dilation=2, bias=False)
