RECIPES = {
    "resnet18": (BasicBlock, [2, 2, 2, 2]),
    "resnet34": (BasicBlock, [3, 4, 6, 3]),
    "resnet50": (Bottleneck, [3, 4, 6, 3]),
    "resnet101": (Bottleneck, [3, 4, 23, 3]),
    "resnet152": (Bottleneck, [3, 8, 36, 3]),
}


def create_resnet(architecture, num_classes=1000):
    if architecture == "resnet18":
        return ResNet(BasicBlock, [2, 2, 2, 2], num_classes)
    if architecture == "resnet34":
        return ResNet(BasicBlock, [3, 4, 6, 3], num_classes)
    if architecture == "resnet50":
        return ResNet(Bottleneck, [3, 4, 6, 3], num_classes)
    if architecture == "resnet101":
        return ResNet(Bottleneck, [3, 4, 23, 3], num_classes)
    if architecture == "resnet152":
        return ResNet(Bottleneck, [3, 8, 36, 3], num_classes)
    raise ValueError("resnet18, resnet34, resnet50, resnet101, resnet152")
