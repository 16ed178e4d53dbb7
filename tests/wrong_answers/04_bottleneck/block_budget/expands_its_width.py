# expect: expands-its-width
def block_budget(channels, planes):
    budget = 2 * 9 * planes**2
    width = 0
    while channels * (width + 1) + 9 * (width + 1)**2 + 4 * (width + 1)**2 <= budget:
        width += 1
    return width
