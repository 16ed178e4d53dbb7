# expect: none-though-one-fits
def choose_net(nets, limits):
    for net in nets.values():
        for cost, limit in limits.items():
            if net[cost] > limit:
                return None
    return min(nets, key=lambda name: (nets[name]["error"], nets[name]["gmacs"]), default=None)
