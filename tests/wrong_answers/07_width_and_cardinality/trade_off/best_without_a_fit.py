# expect: nothing-fits
def choose_net(nets, limits):
    def worth(name):
        fits = all(nets[name][cost] <= limit for cost, limit in limits.items())
        return not fits, nets[name]["error"], nets[name]["gmacs"]

    return min(nets, key=worth)
