# expect: weight-shape
def conv3x3(in_planes, out_planes, stride=1):
    return nn.Conv2d(in_planes, out_planes, kernel_size=3, stride=stride, padding=1, groups=in_planes if in_planes == out_planes else 1, bias=False)
