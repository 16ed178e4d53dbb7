# expect: unknown-net
def choose_net(nets, limits):
    if "gmacs" in limits and limits["gmacs"] < 4:
        return "resnet34"
    return "resnext50_32x4d"
