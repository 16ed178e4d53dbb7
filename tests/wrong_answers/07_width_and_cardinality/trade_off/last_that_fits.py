# expect: last-that-fits
def choose_net(nets, limits):
    best = None
    for name, net in nets.items():
        if all(net[cost] <= limit for cost, limit in limits.items()):
            best = name
    return best
