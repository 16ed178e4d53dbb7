def wrn_channels(widening_factor):
    return [16] + [width * widening_factor for width in (16, 32, 64)]
