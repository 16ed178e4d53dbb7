# expect: swapped-channels
def conv3x3(in_planes, out_planes, stride=1):
    return nn.Conv2d(out_planes, in_planes, 3, stride, padding=1, bias=False)
