# expect: shared
def without_block(model, stage, index):
    net = copy.deepcopy(model)
    row = getattr(net, f"layer{stage}")
    shortcut = getattr(row[index], "downsample", None)
    row[index] = nn.Identity() if shortcut is None else nn.Sequential(shortcut, nn.ReLU())
    own = dict(model.named_buffers())
    for name, buffer in net.named_buffers():
        if name in own:
            buffer.data = own[name].data
    return net
