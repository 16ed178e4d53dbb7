# expect: unsolved
def deep_mlp(depth, width, activation):
    raise NotImplementedError()
