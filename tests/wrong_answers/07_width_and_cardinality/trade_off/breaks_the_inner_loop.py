# expect: limits-ignored
def choose_net(nets, limits):
    best, best_acc = None, 0
    for name, net in nets.items():
        for cost, limit in limits.items():
            if net[cost] > limit:
                break
        if net["accuracy"] > best_acc:
            best, best_acc = name, net["accuracy"]
    return best
