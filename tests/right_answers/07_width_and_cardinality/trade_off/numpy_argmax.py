import numpy as np


def choose_net(nets, limits):
    names = np.array([name for name, net in nets.items() if all(net[cost] <= limit for cost, limit in limits.items())])
    if len(names) == 0:
        return None
    order = np.lexsort(([nets[name]["gmacs"] for name in names], [nets[name]["error"] for name in names]))
    return names[order[0]]
