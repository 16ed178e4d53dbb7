class PreActivationBlock(nn.Module):
    expansion = 1

    def __init__(self, inplanes, planes, stride=1, downsample=None):
        super().__init__()
        self.bn1 = nn.BatchNorm2d(inplanes)
        self.relu = nn.ReLU(inplace=True)
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn2 = nn.BatchNorm2d(planes)
        self.conv2 = conv3x3(planes, planes)
        self.downsample = downsample

    def bend(self, norm, x):
        return norm(x).clamp(min=0)

    def forward(self, x):
        ready = self.bend(self.bn1, x)
        shortcut = self.downsample(ready) if self.downsample else x
        return shortcut + self.conv2(self.bend(self.bn2, self.conv1(ready)))
