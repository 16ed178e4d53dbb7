# expect: statistics
class Projection(nn.Sequential):
    def forward(self, x):
        if self.training:
            super().forward(x)
        return super().forward(x)


def make_shortcut(inplanes, planes, stride):
    if stride == 1 and inplanes == planes:
        return None
    conv = nn.Conv2d(inplanes, planes, 1, stride, bias=False)
    norm = nn.BatchNorm2d(planes)
    return Projection(conv, norm)
