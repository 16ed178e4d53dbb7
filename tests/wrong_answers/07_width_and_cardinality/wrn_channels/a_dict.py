# expect: not-a-list
def wrn_channels(widening_factor):
    return {"conv1": 16, "stage 1": 16 * widening_factor}
