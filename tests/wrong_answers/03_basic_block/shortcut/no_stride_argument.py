# expect: signature
def make_shortcut(inplanes, planes):
    return None
