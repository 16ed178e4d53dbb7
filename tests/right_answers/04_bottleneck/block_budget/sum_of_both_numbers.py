def block_budget(channels, planes):
    budget = 2 * sum(conv_cost(planes, planes, 3, 1, 1))

    def cost(width):
        convolutions = [(channels, width, 1), (width, width, 3), (width, channels, 1)]
        return sum(sum(conv_cost(*each, 1, 1)) for each in convolutions)

    width = 0
    while cost(width + 1) <= budget:
        width += 1
    return width
