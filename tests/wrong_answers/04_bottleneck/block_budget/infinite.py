# expect: fraction
def block_budget(channels, planes):
    return float("inf")
