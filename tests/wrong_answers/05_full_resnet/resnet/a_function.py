# expect: not-a-module
def ResNet(block, layers, num_classes=1000):
    return nn.Sequential()
