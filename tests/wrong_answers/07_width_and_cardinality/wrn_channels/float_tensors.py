# expect: not-numbers
def wrn_channels(widening_factor):
    return list(torch.tensor([16.0, 16.0 * widening_factor, 32.0 * widening_factor, 64.0 * widening_factor]))
