# expect: limit-of-zero
def choose_net(nets, limits):
    inf = float("inf")
    fitting = [
        name for name, net in nets.items() if all(net[c] <= (limits.get(c) or inf) for c in ("parameters", "gmacs", "memory"))
    ]
    return min(fitting, key=lambda name: (nets[name]["error"], nets[name]["gmacs"]), default=None)
