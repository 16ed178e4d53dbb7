# expect: none-without-limits
def choose_net(nets, limits):
    fitting = [name for name, net in nets.items() if net["gmacs"] <= limits.get("gmacs", 0) and net["memory"] <= limits.get("memory", 0) and net["parameters"] <= limits.get("parameters", 0)]
    return min(fitting, key=lambda name: (nets[name]["error"], nets[name]["gmacs"]), default=None)
