# expect: not-a-name
def choose_net(nets, limits):
    fitting = [name for name, net in nets.items() if all(net[cost] <= limit for cost, limit in limits.items())]
    return nets[min(fitting, key=lambda name: (nets[name]["error"], nets[name]["gmacs"]))] if fitting else None
