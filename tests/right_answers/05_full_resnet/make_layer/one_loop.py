def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    row = []
    for number in range(blocks):
        if number == 0:
            row.append(block(inplanes, planes, stride, make_shortcut(inplanes, outplanes, stride)))
        else:
            row.append(block(outplanes, planes, 1, None))
    return nn.Sequential(*row)
