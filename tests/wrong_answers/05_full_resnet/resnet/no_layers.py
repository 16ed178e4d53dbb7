# expect: no-layers
class ResNet(nn.Module):
    def __init__(self, block, layers, num_classes=1000):
        super().__init__()

    def forward(self, x):
        return x
