# expect: one-block-repeated
def make_layer(block, inplanes, planes, blocks, stride=1):
    outplanes = planes * block.expansion
    row = [block(inplanes, planes, stride, make_shortcut(inplanes, outplanes, stride))]
    row += [block(outplanes, planes)] * (blocks - 1)
    return nn.Sequential(*row)
