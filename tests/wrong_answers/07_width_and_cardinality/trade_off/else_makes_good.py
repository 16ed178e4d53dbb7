# expect: one-limit-only
def choose_net(nets, limits):
    best = None
    for name in nets:
        ok = True
        for cost in limits:
            if nets[name][cost] > limits[cost]:
                ok = False
            else:
                ok = True
        if ok and (best is None or nets[name]["error"] < nets[best]["error"]):
            best = name
    return best
