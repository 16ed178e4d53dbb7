def choose_net(nets, limits):
    fitting = [name for name, net in nets.items() if all(net[cost] <= limit for cost, limit in limits.items())]
    fitting.sort(key=lambda name: (nets[name]["error"], nets[name]["gmacs"]))
    return fitting[0] if fitting else None
