def block_budget(channels, planes, width=0):
    following = width + 1
    if 2 * channels * following + 9 * following**2 > 18 * planes**2:
        return width
    return block_budget(channels, planes, following)
