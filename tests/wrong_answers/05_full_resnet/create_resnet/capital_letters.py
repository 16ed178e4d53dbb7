# expect: all-refused
RECIPES = {
    "ResNet18": (BasicBlock, [2, 2, 2, 2]),
    "ResNet34": (BasicBlock, [3, 4, 6, 3]),
    "ResNet50": (Bottleneck, [3, 4, 6, 3]),
    "ResNet101": (Bottleneck, [3, 4, 23, 3]),
    "ResNet152": (Bottleneck, [3, 8, 36, 3]),
}


def create_resnet(architecture, num_classes=1000):
    if architecture not in RECIPES:
        raise ValueError(f"unknown: {architecture}; known: {', '.join(RECIPES)}")
    block, layers = RECIPES[architecture]
    return ResNet(block, layers, num_classes)
