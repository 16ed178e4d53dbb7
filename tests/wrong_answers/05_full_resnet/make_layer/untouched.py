# expect: unsolved
def make_layer(block, inplanes, planes, blocks, stride=1):
    raise NotImplementedError()
