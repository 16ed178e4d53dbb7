# expect: imagenet-widths
def wrn_channels(widening_factor):
    return [64, *(width * widening_factor for width in (64, 128, 256, 512))]
