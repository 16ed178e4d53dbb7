# expect: channels-differ
def wrn_channels(widening_factor):
    return [64 * widening_factor, 32 * widening_factor, 16 * widening_factor, 16]
