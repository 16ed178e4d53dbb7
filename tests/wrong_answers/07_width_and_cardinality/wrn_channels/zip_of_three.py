# expect: not-four
def wrn_channels(widening_factor):
    return [c * k for c, k in zip([16, 16, 32, 64], [1, widening_factor, widening_factor])]
