# expect: unsolved
def residual_jacobian(F, x):
    raise NotImplementedError()
