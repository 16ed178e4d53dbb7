# expect: input-changed
def without_block(model, stage, index):
    net = copy.deepcopy(model)
    row = getattr(net, f"layer{stage}")
    shortcut = getattr(row[index], "downsample", None)
    row[index] = nn.Identity() if shortcut is None else nn.Sequential(shortcut, nn.ReLU())
    net.register_forward_hook(lambda module, images, output: None if images[0].zero_() is None else None)
    return net
