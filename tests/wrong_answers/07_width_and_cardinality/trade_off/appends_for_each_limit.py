# expect: none-without-limits
def choose_net(nets, limits):
    names = []
    for n in nets:
        for c, l in limits.items():
            if nets[n][c] <= l:
                names.append(n)
    return min(names, key=lambda n: (nets[n]['error'], nets[n]['gmacs']), default=None)
