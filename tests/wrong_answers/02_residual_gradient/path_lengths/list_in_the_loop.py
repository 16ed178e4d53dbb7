# expect: return-in-loop
def path_lengths(L):
    for k in range(L + 1):
        lengths = []
        lengths.append(math.comb(L, k))
    return lengths
