# expect: block-called
def create_resnet(architecture, num_classes=1000):
    recipes = {"resnet18": BasicBlock([2, 2, 2, 2]), "resnet34": BasicBlock([3, 4, 6, 3])}
    return ResNet(recipes[architecture], num_classes)
