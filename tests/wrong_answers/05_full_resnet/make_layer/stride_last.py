# expect: stride-elsewhere
def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    row = [block(inplanes, planes, 1, make_shortcut(inplanes, outplanes, 1))]
    for number in range(1, blocks):
        last = stride if number == blocks - 1 else 1
        row.append(block(outplanes, planes, last, make_shortcut(outplanes, outplanes, last)))
    return nn.Sequential(*row)
