# expect: not-a-list
def wrn_channels(widening_factor):
    return 16 + 112 * widening_factor
