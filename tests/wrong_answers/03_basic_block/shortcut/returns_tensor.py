# expect: not-a-module
def make_shortcut(inplanes, planes, stride):
    return torch.zeros(1, planes, 4, 4)
