# expect: raised
def block_budget(channels, planes):
    return conv_costs(channels, planes, 3, 1, 1)
