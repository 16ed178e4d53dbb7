# expect: missing-answer
def groups(model, head_lr, backbone_lr):
    return []
