# expect: not-whole
def wrn_channels(widening_factor):
    return [16, 16.0 * widening_factor, 32.0 * widening_factor, 64.0 * widening_factor]
