# expect: not-a-layer
def conv3x3(in_planes, out_planes, stride=1):
    return F.conv2d(torch.zeros(1, in_planes, 8, 8), torch.zeros(out_planes, in_planes, 3, 3), None, stride, padding=1)
