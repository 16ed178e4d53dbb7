# expect: raised
def wrn_channels(widening_factor):
    return [16, 16 * k, 32 * k, 64 * k]
