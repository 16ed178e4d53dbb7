def choose_net(nets, limits):
    best = None
    for name, net in nets.items():
        fits = True
        for cost in limits:
            if net[cost] > limits[cost]:
                fits = False
        if not fits:
            continue
        if best is None or net["accuracy"] > nets[best]["accuracy"]:
            best = name
        elif net["accuracy"] == nets[best]["accuracy"] and net["gmacs"] < nets[best]["gmacs"]:
            best = name
    return best
