# expect: stride-elsewhere
def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    row = [block(inplanes, planes, stride, make_shortcut(inplanes, outplanes, stride))]
    for place in range(1, blocks):
        step = stride if place == 1 else 1
        row.append(block(outplanes, planes, step, make_shortcut(outplanes, outplanes, step)))
    return nn.Sequential(*row)
