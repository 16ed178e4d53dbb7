# expect: names-written-out
def choose_net(nets, limits):
    best = None
    for name in ["resnet18", "resnet34", "resnet50", "resnext50_32x4d", "wide_resnet50_2"]:
        if all(nets[name][cost] <= limit for cost, limit in limits.items()):
            if best is None or nets[name]["error"] < nets[best]["error"]:
                best = name
    return best
