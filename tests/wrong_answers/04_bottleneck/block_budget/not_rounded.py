# expect: not-whole
def block_budget(channels, planes):
    return (-channels + (channels**2 + 162 * planes**2) ** 0.5) / 9
