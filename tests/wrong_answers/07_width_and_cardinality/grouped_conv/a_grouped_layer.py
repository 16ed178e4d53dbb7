# expect: groups-used
def split_transform_merge(x, weight, groups):
    layer = nn.Conv2d(x.shape[1], weight.shape[0], weight.shape[-1], padding=weight.shape[-1] // 2, groups=groups, bias=False)
    return torch.func.functional_call(layer, {"weight": weight}, (x,))
