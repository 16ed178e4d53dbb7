# expect: pair-not-number
def block_budget(channels, planes):
    budget = 2 * conv_cost(planes, planes, 3, 1, 1)[1]

    def cost(width):
        return sum([conv_cost(channels, width, 1, 1, 1), conv_cost(width, width, 3, 1, 1), conv_cost(width, channels, 1, 1, 1)])

    width = 0
    while cost(width + 1) <= budget:
        width += 1
    return width
