# expect: not-a-module
def make_shortcut(inplanes, planes, stride):
    return "identity"
