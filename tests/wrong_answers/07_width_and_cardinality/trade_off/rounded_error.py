# expect: nearly-equal
def choose_net(nets, limits):
    fitting = [name for name, net in nets.items() if all(net[cost] <= limit for cost, limit in limits.items())]
    return min(fitting, key=lambda name: (round(nets[name]["error"], 2), nets[name]["gmacs"]), default=None)
