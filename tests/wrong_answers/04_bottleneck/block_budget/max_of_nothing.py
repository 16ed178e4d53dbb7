# expect: nothing-fits
def block_budget(channels, planes):
    return max(w for w in range(1, 2000) if 2 * channels * w + 9 * w**2 <= 18 * planes**2)
