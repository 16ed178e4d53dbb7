# expect: signature
def zero_init_residual():
    pass
