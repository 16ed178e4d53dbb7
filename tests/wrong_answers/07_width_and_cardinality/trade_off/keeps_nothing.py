# expect: slip-equality
def choose_net(nets, limits):
    best = None
    for name, net in nets.items():
        if all(net[cost] <= limit for cost, limit in limits.items()):
            if best is None or (net["error"], net["gmacs"]) < (nets[best]["error"], nets[best]["gmacs"]):
                best == name
    return best
