def conv3x3(in_planes, out_planes, stride=1):
    return blocks.conv3x3(in_planes, out_planes, stride)
