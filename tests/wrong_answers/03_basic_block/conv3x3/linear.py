# expect: not-a-convolution
def conv3x3(in_planes, out_planes, stride=1):
    return nn.Sequential(nn.Linear(in_planes, out_planes, bias=False))
