# expect: kept-between-calls
shortcuts = {}


def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    key = inplanes, outplanes, stride
    if key not in shortcuts:
        shortcuts[key] = make_shortcut(*key)
    row = [block(inplanes, planes, stride, shortcuts[key])]
    for _ in range(1, blocks):
        row.append(block(outplanes, planes))
    return nn.Sequential(*row)
