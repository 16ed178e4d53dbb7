# expect: unsolved
def block_budget(channels, planes):
    raise NotImplementedError()
