# expect: unsolved
class Bottleneck(nn.Module):
    expansion = 4

    def __init__(self, inplanes, planes, stride=1, downsample=None):
        super().__init__()
        raise NotImplementedError()

    def forward(self, x):
        raise NotImplementedError()
