# expect: slip-text
def choose_net(nets, limits):
    fitting = [name for name, net in nets.items() if all(net[cost] <= limit for cost, limit in limits.items())]
    return min(fitting, key=lambda name: (nets[name]["error"], nets[name]["gmacs"]), default="None")
