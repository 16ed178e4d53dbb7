# expect: not-a-class
def create_resnet(architecture, num_classes=1000):
    recipes = {
        "resnet18": (BasicBlock, [2, 2, 2, 2]),
        "resnet34": (BasicBlock, [3, 4, 6, 3]),
        "resnet50": (Bottleneck, [3, 4, 6, 3]),
        "resnet101": (Bottleneck, [3, 4, 23, 3]),
        "resnet152": (Bottleneck, [3, 8, 36, 3]),
    }
    if architecture not in recipes:
        raise ValueError(f"unknown {architecture}: choose one of " + ", ".join(recipes))
    block, layers = recipes[architecture]
    return ResNet(layers, block, num_classes)
