# expect: slip-loop
def make_shortcut(inplanes, planes, stride):
    if stride == 1 and inplanes == planes:
        return None
    layers = []
    for layer in (nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes)):
        layers.append(layer)
        return nn.Sequential(*layers)
