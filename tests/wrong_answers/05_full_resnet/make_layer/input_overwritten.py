# expect: input-changed
class Stage(nn.Sequential):
    def forward(self, x):
        out = super().forward(x)
        x.zero_()
        return out


def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    row = [block(inplanes, planes, stride, make_shortcut(inplanes, outplanes, stride))]
    for _ in range(1, blocks):
        row.append(block(outplanes, planes))
    return Stage(*row)
