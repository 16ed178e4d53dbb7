def choose_net(nets, limits):
    best = None
    for name, net in nets.items():
        fits = True
        for cost in limits:
            if net[cost] > limits[cost]:
                fits = False
        if not fits:
            continue
        if best is None or net["error"] < nets[best]["error"]:
            best = name
        elif net["error"] == nets[best]["error"] and net["gmacs"] < nets[best]["gmacs"]:
            best = name
    return best
