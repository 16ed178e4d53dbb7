# expect: strangers
def parameter_groups(model, head_lr, backbone_lr):
    head = [t for n, t in model.state_dict().items() if n.startswith('fc.')]
    body = [t for n, t in model.state_dict().items() if not n.startswith('fc.')]
    return [{'params': head, 'lr': head_lr}, {'params': body, 'lr': backbone_lr}]
