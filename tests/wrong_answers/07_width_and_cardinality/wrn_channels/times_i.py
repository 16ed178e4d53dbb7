# expect: counted-from-0
def wrn_channels(widening_factor):
    channels = [16]
    for i in range(3):
        channels.append(16 * i * widening_factor)
    return channels
