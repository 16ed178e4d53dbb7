# expect: any-limit
def choose_net(nets, limits):
    fitting = [n for n, net in nets.items() if not limits or any(net[c] <= limit for c, limit in limits.items())]
    return min(fitting, key=lambda name: (nets[name]["error"], nets[name]["gmacs"]), default=None)
