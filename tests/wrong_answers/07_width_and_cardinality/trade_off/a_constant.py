# expect: unknown-net
def choose_net(nets, limits):
    return "resnet50"
