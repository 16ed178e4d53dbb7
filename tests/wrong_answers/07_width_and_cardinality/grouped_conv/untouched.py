# expect: unsolved
def split_transform_merge(x, weight, groups):
    raise NotImplementedError()
