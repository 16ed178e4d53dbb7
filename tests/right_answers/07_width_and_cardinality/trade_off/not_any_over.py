def choose_net(nets, limits):
    fitting = [name for name in nets if not any(nets[name][cost] > most for cost, most in limits.items())]
    fitting = sorted(fitting, key=lambda name: nets[name]["gmacs"])
    return max(fitting, key=lambda name: nets[name]["accuracy"]) if fitting else None
