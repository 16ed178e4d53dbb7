# expect: rule-of-thumb
def block_budget(channels, planes):
    return channels // 4
