# expect: inputs-changed
def choose_net(nets, limits):
    for name in list(nets):
        if any(nets[name][cost] > limit for cost, limit in limits.items()):
            del nets[name]
    return min(nets, key=lambda name: (nets[name]["error"], nets[name]["gmacs"]), default=None)
