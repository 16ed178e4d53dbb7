# expect: no-doubling
def wrn_channels(widening_factor):
    return [16] + 3 * [16 * widening_factor]
