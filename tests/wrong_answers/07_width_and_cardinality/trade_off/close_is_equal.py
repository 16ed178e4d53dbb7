# expect: nearly-equal
import math


def choose_net(nets, limits):
    fitting = [name for name, net in nets.items() if all(net[cost] <= limit for cost, limit in limits.items())]
    if not fitting:
        return None
    least = min(nets[name]["error"] for name in fitting)
    equal = [name for name in fitting if math.isclose(nets[name]["error"], least, abs_tol=0.01)]
    return min(equal, key=lambda name: nets[name]["gmacs"])
