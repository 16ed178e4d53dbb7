# expect: channels-differ
def wrn_channels(widening_factor):
    return [16, 160, 320, 640]
