# expect: stride-as-padding
def conv3x3(in_planes, out_planes, stride=1):
    return nn.Conv2d(in_planes, out_planes, 3, 1, stride, bias=False)
