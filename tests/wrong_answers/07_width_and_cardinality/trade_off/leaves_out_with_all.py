# expect: none-without-limits
def choose_net(nets, limits):
    best = None
    for name, net in nets.items():
        if all(net[k] > v for k, v in limits.items()):
            continue
        if best is None or net["error"] < nets[best]["error"]:
            best = name
    return best
