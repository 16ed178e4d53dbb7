# expect: not-the-best
def choose_net(nets, limits):
    fitting = [name for name, net in nets.items() if all(net[cost] <= limit for cost, limit in limits.items())]
    return min(fitting, default=None)
