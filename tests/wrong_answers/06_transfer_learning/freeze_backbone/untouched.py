# expect: unsolved
def freeze_backbone(model):
    raise NotImplementedError()
