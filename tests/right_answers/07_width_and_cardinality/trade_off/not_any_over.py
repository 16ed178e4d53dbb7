def choose_net(nets, limits):
    fitting = [name for name in nets if not any(nets[name][cost] > most for cost, most in limits.items())]
    fitting = sorted(fitting, key=lambda name: nets[name]["gmacs"])
    return min(fitting, key=lambda name: nets[name]["error"]) if fitting else None
