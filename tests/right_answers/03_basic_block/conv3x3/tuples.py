def conv3x3(in_planes, out_planes, stride=1):
    return nn.Conv2d(in_planes, out_planes, (3, 3), stride=(stride, stride), padding=(1, 1), bias=False)
