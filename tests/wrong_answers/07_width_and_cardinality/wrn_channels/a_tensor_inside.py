# expect: not-numbers
def wrn_channels(widening_factor):
    return [16, torch.tensor([16, 32, 64]) * widening_factor]
