def conv3x3(*args, stride=1, **kwargs):
    in_planes, out_planes, stride = (*args, stride)[:3]
    return nn.Conv2d(in_planes, out_planes, 3, stride, 1, bias=False)
