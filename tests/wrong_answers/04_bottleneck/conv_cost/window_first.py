# expect: arguments-order
def conv_cost(kernel_size, c_in, c_out, height, width, groups=1):
    params = kernel_size**2 * c_in * c_out // groups
    return params, params * height * width
