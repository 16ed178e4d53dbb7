# expect: unsolved
def wrn_channels(widening_factor):
    raise NotImplementedError()
