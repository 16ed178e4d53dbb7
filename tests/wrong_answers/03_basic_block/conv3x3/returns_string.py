# expect: not-a-layer
def conv3x3(in_planes, out_planes, stride=1):
    return "nn.Conv2d"
