# expect: none-though-one-fits
def choose_net(nets, limits):
    best = None
    for name, net in nets.items():
        for cost, limit in limits.items():
            if net[cost] > limit:
                return best
        if best is None or (net["accuracy"], -net["gmacs"]) > (nets[best]["accuracy"], -nets[best]["gmacs"]):
            best = name
    return None if best is None else best
