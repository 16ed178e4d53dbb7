# expect: cost-returned
def block_budget(channels, planes):
    basic = 2 * conv_cost(planes, planes, 3, 1, 1)[1]
    width = 0
    while (
        conv_cost(channels, (width + 1), 1, 1, 1)[1]
        + conv_cost((width + 1), (width + 1), 3, 1, 1)[1]
        + conv_cost((width + 1), channels, 1, 1, 1)[1]
        <= basic
    ):
        width += 1
    return (
        conv_cost(channels, width, 1, 1, 1)[1]
        + conv_cost(width, width, 3, 1, 1)[1]
        + conv_cost(width, channels, 1, 1, 1)[1]
    )
