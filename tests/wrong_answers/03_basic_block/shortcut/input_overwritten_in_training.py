# expect: input-changed
class Projection(nn.Sequential):
    def forward(self, x):
        out = super().forward(x)
        if self.training:
            x.zero_()
        return out


def make_shortcut(inplanes, planes, stride):
    if stride == 1 and inplanes == planes:
        return None
    conv = nn.Conv2d(inplanes, planes, 1, stride, bias=False)
    norm = nn.BatchNorm2d(planes)
    return Projection(conv, norm)
