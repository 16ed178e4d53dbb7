def conv_cost(c_in, c_out, k, h, w, groups=1):
    per_filter = k * k * (c_in // groups)
    return c_out * per_filter, c_out * per_filter * h * w
