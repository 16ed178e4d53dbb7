def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    row = [block(outplanes, planes) for _ in range(1, blocks)]
    row.insert(0, block(inplanes, planes, stride, make_shortcut(inplanes, outplanes, stride)))
    return nn.Sequential(*row)
