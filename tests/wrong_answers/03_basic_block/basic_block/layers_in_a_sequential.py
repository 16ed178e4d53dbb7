# expect: not-the-layer
class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, inplanes, planes, stride=1, downsample=None):
        super().__init__()
        self.conv1 = nn.Sequential(conv3x3(inplanes, planes, stride), nn.BatchNorm2d(planes), nn.ReLU())
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Sequential(conv3x3(planes, planes), nn.BatchNorm2d(planes))
        self.downsample = downsample

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        return self.relu(self.conv2(self.conv1(x)) + identity)
