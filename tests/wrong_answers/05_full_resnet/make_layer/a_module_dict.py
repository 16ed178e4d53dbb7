# expect: not-a-sequential
def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    row = {"0": block(inplanes, planes, stride, make_shortcut(inplanes, outplanes, stride))}
    for number in range(1, blocks):
        row[str(number)] = block(outplanes, planes)
    return nn.ModuleDict(row)
