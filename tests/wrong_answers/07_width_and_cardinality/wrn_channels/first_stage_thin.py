# expect: first-stage-thin
def wrn_channels(widening_factor):
    return [16, 16, 32 * widening_factor, 64 * widening_factor]
