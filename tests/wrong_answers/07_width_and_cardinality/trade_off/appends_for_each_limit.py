# expect: none-without-limits
def choose_net(nets, limits):
    names = []
    for n in nets:
        for c, l in limits.items():
            if nets[n][c] <= l:
                names.append(n)
    return max(names, key=lambda n: (nets[n]['accuracy'], -nets[n]['gmacs']), default=None)
