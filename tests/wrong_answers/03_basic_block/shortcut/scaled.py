# expect: numbers-differ
class Projection(nn.Sequential):
    def forward(self, x):
        return 2 * super().forward(x)


def make_shortcut(inplanes, planes, stride):
    if stride == 1 and inplanes == planes:
        return None
    conv = nn.Conv2d(inplanes, planes, 1, stride, bias=False)
    norm = nn.BatchNorm2d(planes)
    return Projection(conv, norm)
