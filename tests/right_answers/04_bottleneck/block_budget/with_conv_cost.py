def block_budget(channels, planes):
    side = 56
    budget = 2 * conv_cost(planes, planes, 3, side, side)[1]
    width = 1
    while True:
        reduce = conv_cost(channels, width, 1, side, side)[1]
        middle = conv_cost(width, width, 3, side, side)[1]
        if 2 * reduce + middle > budget:
            return width - 1
        width += 1
