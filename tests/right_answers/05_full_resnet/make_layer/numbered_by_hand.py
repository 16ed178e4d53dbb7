def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    row = [block(inplanes, planes, stride, make_shortcut(inplanes, outplanes, stride))]
    for _ in range(1, blocks):
        row.append(block(outplanes, planes))
    stage = nn.Sequential()
    for number, each in enumerate(row):
        stage.add_module(f"{number}", each)
    return stage
