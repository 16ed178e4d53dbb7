# expect: exact-fit-refused
def choose_net(nets, limits):
    best = None
    for name, net in nets.items():
        if all(net[cost] < limit for cost, limit in limits.items()):
            if best is None or net["accuracy"] >= nets[best]["accuracy"]:
                best = name
    return best
