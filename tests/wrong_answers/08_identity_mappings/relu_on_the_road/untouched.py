# expect: unsolved
def road_gradient(sums, gradient):
    raise NotImplementedError()
