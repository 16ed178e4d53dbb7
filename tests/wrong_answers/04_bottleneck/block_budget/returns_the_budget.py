# expect: cost-returned
def block_budget(channels, planes):
    budget = 18 * planes**2
    width = 0
    while 2 * channels * (width + 1) + 9 * (width + 1) ** 2 <= budget:
        width += 1
    return budget
