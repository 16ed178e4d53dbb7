# expect: empty-group
def parameter_groups(model, head_lr, backbone_lr):
    head, body = [], []
    for n, p in model.named_parameters():
        if n == 'fc':
            head.append(p)
        else:
            body.append(p)
    return [{'params': head, 'lr': head_lr}, {'params': body, 'lr': backbone_lr}]
