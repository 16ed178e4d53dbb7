# expect: time-limit
def block_budget(channels, planes):
    width = 0
    while 2 * channels * width + 9 * width**2 <= 18 * planes**2:
        pass
    return width
