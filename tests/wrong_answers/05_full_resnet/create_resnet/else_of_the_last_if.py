# expect: one-accepted
def create_resnet(architecture, num_classes=1000):
    if architecture == "resnet18":
        net = ResNet(BasicBlock, [2, 2, 2, 2], num_classes)
    if architecture == "resnet34":
        net = ResNet(BasicBlock, [3, 4, 6, 3], num_classes)
    if architecture == "resnet50":
        net = ResNet(Bottleneck, [3, 4, 6, 3], num_classes)
    if architecture == "resnet101":
        net = ResNet(Bottleneck, [3, 4, 23, 3], num_classes)
    if architecture == "resnet152":
        net = ResNet(Bottleneck, [3, 8, 36, 3], num_classes)
    else:
        raise ValueError("resnet18, resnet34, resnet50, resnet101, resnet152")
    return net
