# expect: list-repeated
def wrn_channels(widening_factor):
    return [16] + [16, 32, 64] * widening_factor
