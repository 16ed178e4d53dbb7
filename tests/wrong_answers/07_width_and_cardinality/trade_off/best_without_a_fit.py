# expect: nothing-fits
def choose_net(nets, limits):
    def worth(name):
        fits = all(nets[name][cost] <= limit for cost, limit in limits.items())
        return fits, nets[name]["accuracy"], -nets[name]["gmacs"]

    return max(nets, key=worth)
