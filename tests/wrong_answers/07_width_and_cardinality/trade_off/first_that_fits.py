# expect: first-that-fits
def choose_net(nets, limits):
    for name, net in nets.items():
        if all(net[cost] <= limit for cost, limit in limits.items()):
            return name
    return None
