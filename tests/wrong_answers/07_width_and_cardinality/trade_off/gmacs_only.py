# expect: one-limit-only
def choose_net(nets, limits):
    fitting = [name for name in nets if nets[name]["gmacs"] <= limits.get("gmacs", float("inf"))]
    return min(fitting, key=lambda name: (nets[name]["error"], nets[name]["gmacs"]), default=None)
