# expect: stem-widened
def wrn_channels(widening_factor):
    return [width * widening_factor for width in (16, 16, 32, 64)]
