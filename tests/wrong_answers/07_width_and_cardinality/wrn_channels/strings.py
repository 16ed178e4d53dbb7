# expect: not-numbers
def wrn_channels(widening_factor):
    return [str(each) for each in (16, 16 * widening_factor, 32 * widening_factor, 64 * widening_factor)]
