# expect: powers
def wrn_channels(widening_factor):
    return [16 * widening_factor**stage for stage in range(4)]
