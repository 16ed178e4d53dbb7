# expect: slip-equality
def block_budget(channels, planes):
    best = 0
    for width in range(2000):
        if 2 * channels * width + 9 * width**2 <= 18 * planes**2:
            best == width
    return best
