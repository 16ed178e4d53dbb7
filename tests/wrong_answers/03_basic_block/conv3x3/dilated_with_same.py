# expect: dilated
def conv3x3(in_planes, out_planes, stride=1):
    return nn.Conv2d(in_planes, out_planes, kernel_size=3, padding="same" if stride == 1 else 2, stride=stride, dilation=2, bias=False)
