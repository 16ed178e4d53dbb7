def conv3x3(in_planes, out_planes, stride=1):
    layer = nn.Conv2d(in_planes, out_planes, 3, stride, 1)
    layer.bias = None
    return layer
