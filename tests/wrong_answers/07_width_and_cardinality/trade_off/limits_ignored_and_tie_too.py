# expect: limits-ignored
def choose_net(nets, limits):
    return max(nets, key=lambda name: nets[name]["accuracy"])
