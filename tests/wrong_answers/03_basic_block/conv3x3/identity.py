# expect: no-weights
def conv3x3(in_planes, out_planes, stride=1):
    return nn.Identity()
