# expect: train-differs
class Projection(nn.Sequential):
    def train(self, mode=True):
        return super().train(False)


def make_shortcut(inplanes, planes, stride):
    if stride == 1 and inplanes == planes:
        return None
    conv = nn.Conv2d(inplanes, planes, 1, stride, bias=False)
    norm = nn.BatchNorm2d(planes)
    return Projection(conv, norm)
