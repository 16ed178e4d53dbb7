# expect: limits-ignored
def choose_net(nets, limits):
    best, least = None, 100
    for name, net in nets.items():
        for cost, limit in limits.items():
            if net[cost] > limit:
                break
        if net["error"] < least:
            best, least = name, net["error"]
    return best
