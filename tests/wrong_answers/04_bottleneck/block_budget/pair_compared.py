# expect: pair-not-number
def block_budget(channels, planes):
    budget = 18 * planes**2
    width = 0
    while 2 * conv_cost(channels, width + 1, 1, 1, 1)[1] + 9 * (width + 1) ** 2 <= conv_cost(planes, planes, 3, 1, 1):
        width += 1
    return width
