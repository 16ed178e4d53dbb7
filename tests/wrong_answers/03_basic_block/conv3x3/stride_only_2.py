# expect: stride-ignored
def conv3x3(in_planes, out_planes, stride=1):
    return nn.Conv2d(in_planes, out_planes, kernel_size=3, stride=2 if stride == 2 else 1, padding=1, bias=False)
