# expect: other-error
RECIPES = {
    "resnet18": (BasicBlock, [2, 2, 2, 2]),
    "resnet34": (BasicBlock, [3, 4, 6, 3]),
    "resnet50": (Bottleneck, [3, 4, 6, 3]),
    "resnet101": (Bottleneck, [3, 4, 23, 3]),
    "resnet152": (Bottleneck, [3, 8, 36, 3]),
}


def create_resnet(architecture, num_classes=1000):
    if architecture not in " ".join(RECIPES):
        raise ValueError(f"unknown: {architecture}; known: {', '.join(RECIPES)}")
    block, layers = RECIPES[architecture]
    return ResNet(block, layers, num_classes)
