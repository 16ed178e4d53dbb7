# expect: unsolved
def create_resnet(architecture, num_classes=1000):
    raise NotImplementedError()
