# expect: block-names
def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    row = [block(inplanes, planes, stride, make_shortcut(inplanes, outplanes, stride))]
    for _ in range(1, blocks):
        row.append(block(outplanes, planes))
    names = [f"block{number}" for number in range(1, blocks + 1)]
    stage = nn.Sequential()
    for name, each in zip(names, row, strict=True):
        stage.add_module(name, each)
    return stage
