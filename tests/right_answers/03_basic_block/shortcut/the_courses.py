def make_shortcut(inplanes, planes, stride):
    return blocks.make_shortcut(inplanes, planes, stride)
