# expect: names
from collections import OrderedDict


def make_shortcut(inplanes, planes, stride):
    if stride == 1 and inplanes == planes:
        return None
    return nn.Sequential(OrderedDict(conv=nn.Conv2d(inplanes, planes, 1, stride, bias=False), bn=nn.BatchNorm2d(planes)))
