# expect: layer-too-many
def without_block(model, stage, index):
    net = copy.deepcopy(model)
    del getattr(net, f"layer{stage}")[index]
    return net
