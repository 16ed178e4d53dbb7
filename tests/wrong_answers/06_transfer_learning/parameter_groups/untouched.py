# expect: unsolved
def parameter_groups(model, head_lr, backbone_lr):
    raise NotImplementedError()
