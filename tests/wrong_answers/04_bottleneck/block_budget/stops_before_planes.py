# expect: stops-at-planes
def block_budget(channels, planes):
    return max(w for w in range(planes) if 2 * channels * w + 9 * w**2 <= 18 * planes**2)
