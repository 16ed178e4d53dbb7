# expect: not-numbers
def wrn_channels(widening_factor):
    return [16, [16 * widening_factor, 32 * widening_factor, 64 * widening_factor]]
