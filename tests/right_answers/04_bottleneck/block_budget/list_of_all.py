def block_budget(channels, planes):
    def cost(width):
        return 2 * channels * width + 9 * width * width

    return max(width for width in range(5000) if cost(width) <= 18 * planes**2)
