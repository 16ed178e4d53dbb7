class BasicBlock(nn.Module):
    expansion = 1

    def __init__(self, *args, **kwargs):
        super().__init__()
        inplanes, planes, stride, downsample = self.read(*args, **kwargs)
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.bn1 = nn.BatchNorm2d(planes)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = conv3x3(planes, planes)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = downsample

    def read(self, inplanes, planes, stride=1, downsample=None):
        return inplanes, planes, stride, downsample

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        return self.relu(out + identity)
