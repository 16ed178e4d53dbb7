# expect: slip-default
def conv3x3(in_planes, out_planes, stride=2):
    return nn.Conv2d(in_planes, out_planes, 3, stride, padding=1, bias=False)
