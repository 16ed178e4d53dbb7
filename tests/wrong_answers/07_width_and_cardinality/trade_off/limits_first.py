# expect: slip-arguments
def choose_net(limits, nets):
    fitting = [name for name, net in nets.items() if all(net[cost] <= limit for cost, limit in limits.items())]
    return max(fitting, key=lambda name: (nets[name]["accuracy"], -nets[name]["gmacs"]), default=None)
