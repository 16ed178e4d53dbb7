# expect: one-limit-only
def choose_net(nets, limits):
    fitting = [name for name in nets if nets[name]["memory"] <= limits.get("memory", float("inf"))]
    return min(fitting, key=lambda name: (nets[name]["error"], nets[name]["gmacs"]), default=None)
