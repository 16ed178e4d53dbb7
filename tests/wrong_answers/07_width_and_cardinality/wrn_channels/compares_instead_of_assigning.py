# expect: slip-equality
def wrn_channels(widening_factor):
    channels == [16, 16 * widening_factor, 32 * widening_factor, 64 * widening_factor]
    return channels
