# expect: unsolved
def make_shortcut(inplanes, planes, stride):
    raise NotImplementedError()
