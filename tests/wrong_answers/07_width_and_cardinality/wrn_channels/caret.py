# expect: slip-caret
def wrn_channels(widening_factor):
    return [16] + [16 * (2^stage) * widening_factor for stage in range(3)]
