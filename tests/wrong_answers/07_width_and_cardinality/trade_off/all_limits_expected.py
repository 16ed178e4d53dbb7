# expect: missing-limit
def choose_net(nets, limits):
    fitting = [name for name in nets if nets[name]["gmacs"] <= limits["gmacs"] and nets[name]["memory"] <= limits["memory"]]
    return min(fitting, key=lambda name: (nets[name]["error"], nets[name]["gmacs"]), default=None)
