# expect: slip-caret
def block_budget(channels, planes):
    return int((-channels + (channels**2 + 162 * planes**2) ^ 0.5) / 9)
