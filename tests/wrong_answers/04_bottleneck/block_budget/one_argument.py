# expect: signature
def block_budget(channels):
    return channels // 4
