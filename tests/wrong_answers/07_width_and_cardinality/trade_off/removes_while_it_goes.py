# expect: inputs-changed
def choose_net(nets, limits):
    for name in nets:
        if any(nets[name][cost] > limit for cost, limit in limits.items()):
            del nets[name]
    return max(nets, key=lambda name: (nets[name]["accuracy"], -nets[name]["gmacs"]), default=None)
