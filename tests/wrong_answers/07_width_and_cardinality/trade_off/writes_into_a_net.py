# expect: inputs-changed
def choose_net(nets, limits):
    for net in nets.values():
        net["fits"] = all(net[cost] <= limit for cost, limit in limits.items())
    fitting = [name for name in nets if nets[name]["fits"]]
    return min(fitting, key=lambda name: (nets[name]["error"], nets[name]["gmacs"]), default=None)
