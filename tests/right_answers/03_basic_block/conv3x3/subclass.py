class conv3x3(nn.Conv2d):
    def __init__(self, in_planes, out_planes, stride=1):
        super().__init__(in_planes, out_planes, 3, stride, 1, bias=False)
