# expect: imagenet-widths
def wrn_channels(widening_factor):
    return [width * widening_factor for width in (64, 128, 256, 512)]
