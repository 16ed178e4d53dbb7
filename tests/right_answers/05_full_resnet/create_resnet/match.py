RECIPES = {
    "resnet18": (BasicBlock, [2, 2, 2, 2]),
    "resnet34": (BasicBlock, [3, 4, 6, 3]),
    "resnet50": (Bottleneck, [3, 4, 6, 3]),
    "resnet101": (Bottleneck, [3, 4, 23, 3]),
    "resnet152": (Bottleneck, [3, 8, 36, 3]),
}


def create_resnet(architecture, num_classes=1000):
    match architecture:
        case "resnet18" | "resnet34":
            block = BasicBlock
        case "resnet50" | "resnet101" | "resnet152":
            block = Bottleneck
        case _:
            raise ValueError("known: " + " ".join(sorted(RECIPES)))
    return ResNet(block=block, layers=RECIPES[architecture][1], num_classes=num_classes)
