def wrn_channels(widening_factor):
    channels = [16]
    width = 16 * widening_factor
    for _ in range(3):
        channels.append(width)
        width *= 2
    return channels
