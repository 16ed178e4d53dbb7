# expect: slip-caret
def block_budget(channels, planes):
    budget = 18 * planes**2

    def cost(width):
        return 2 * channels * width + 9 * (width ^ 2)

    width = 0
    while cost(width + 1) <= budget:
        width += 1
    return width
