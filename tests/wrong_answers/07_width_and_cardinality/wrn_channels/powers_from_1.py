# expect: doubled-too-early
def wrn_channels(widening_factor):
    return [16] + [16 * 2**i * widening_factor for i in range(1, 4)]
