# expect: returned-nothing
def path_lengths(L):
    if L == 1:
        return [1, 1]
    if L == 2:
        return [1, 2, 1]
    if L == 3:
        return [1, 3, 3, 1]
