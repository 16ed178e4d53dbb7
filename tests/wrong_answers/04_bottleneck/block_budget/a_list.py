# expect: not-a-number
def block_budget(channels, planes):
    return [w for w in range(2000) if 2 * channels * w + 9 * w**2 <= 18 * planes**2]
