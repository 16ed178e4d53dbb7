# expect: pairs-added
def block_budget(channels, planes):
    budget = 2 * conv_cost(planes, planes, 3, 8, 8)

    def cost(width):
        first = conv_cost(channels, width, 1, 8, 8) + conv_cost(width, width, 3, 8, 8)
        return first + conv_cost(width, channels, 1, 8, 8)

    width = 0
    while cost(width + 1) <= budget:
        width += 1
    return width
