# expect: output-shape
def conv3x3(in_planes, out_planes, stride=1):
    return nn.Conv2d(in_planes, out_planes, 3, stride, padding=2 * stride - 1, bias=False)
