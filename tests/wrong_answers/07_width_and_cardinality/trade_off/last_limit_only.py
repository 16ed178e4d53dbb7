# expect: one-limit-only
def choose_net(nets, limits):
    fitting = list(nets)
    for cost, limit in limits.items():
        fitting = [name for name in nets if nets[name][cost] <= limit]
    return min(fitting, key=lambda name: (nets[name]["error"], nets[name]["gmacs"]), default=None)
