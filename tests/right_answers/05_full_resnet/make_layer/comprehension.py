def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    first = block(inplanes, planes, stride, downsample=make_shortcut(inplanes, outplanes, stride))
    return nn.Sequential(first, *[block(outplanes, planes) for _ in range(blocks - 1)])
