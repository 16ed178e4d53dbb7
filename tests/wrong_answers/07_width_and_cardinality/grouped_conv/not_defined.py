# expect: missing-answer
def split_merge(x, weight, groups):
    return x
