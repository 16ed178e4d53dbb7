# expect: rule-of-thumb
def block_budget(channels, planes):
    return planes
