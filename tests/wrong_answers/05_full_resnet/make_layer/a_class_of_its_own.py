# expect: block-names
class Stage(nn.Module):
    def __init__(self, row):
        super().__init__()
        self.blocks = nn.Sequential(*row)

    def forward(self, x):
        return self.blocks(x)


def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    row = [block(inplanes, planes, stride, make_shortcut(inplanes, outplanes, stride))]
    for _ in range(1, blocks):
        row.append(block(outplanes, planes))
    return Stage(row)
