# expect: raised
def block_budget(channels, planes):
    def cost(width):
        return 2 * channels * width + 9 * width**2

    width = 0
    while cost <= 18 * planes**2:
        width += 1
    return width
