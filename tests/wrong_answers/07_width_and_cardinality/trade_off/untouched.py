# expect: unsolved
def choose_net(nets, limits):
    raise NotImplementedError()
