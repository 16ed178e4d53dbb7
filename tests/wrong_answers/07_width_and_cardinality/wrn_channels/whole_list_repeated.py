# expect: list-repeated
def wrn_channels(widening_factor):
    channels = [16, 16, 32, 64]
    return channels * widening_factor
