# expect: search-too-short
def block_budget(channels, planes):
    return max(w for w in range(51) if 2 * channels * w + 9 * w**2 <= 18 * planes**2)
