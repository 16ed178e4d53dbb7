# expect: exact-fit-refused
def choose_net(nets, limits):
    inf = float("inf")
    fitting = [
        name
        for name, net in nets.items()
        if net["gmacs"] < limits.get("gmacs", inf)
        and net["memory"] <= limits.get("memory", inf)
        and net["parameters"] <= limits.get("parameters", inf)
    ]
    return min(fitting, key=lambda name: (nets[name]["error"], nets[name]["gmacs"]), default=None)
