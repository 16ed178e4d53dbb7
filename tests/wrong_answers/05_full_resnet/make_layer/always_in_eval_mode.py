# expect: mode-stuck
class Stage(nn.Sequential):
    def train(self, mode=True):
        return super().train(False)

    def forward(self, x):
        return super().forward(x)


def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    row = [block(inplanes, planes, stride, make_shortcut(inplanes, outplanes, stride))]
    for _ in range(1, blocks):
        row.append(block(outplanes, planes))
    return Stage(*row)
