# expect: factor-ignored
def wrn_channels(widening_factor):
    canais = [16, 16, 32, 64]
    for c in canais:
        c = c * widening_factor
    return canais
