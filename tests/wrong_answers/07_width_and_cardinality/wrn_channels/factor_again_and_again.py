# expect: powers
def wrn_channels(k):
    channels = [16]
    for i in range(3):
        channels.append(channels[-1] * 2 * k)
    return channels
