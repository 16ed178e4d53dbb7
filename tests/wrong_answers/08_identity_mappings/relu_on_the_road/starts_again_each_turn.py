# expect: last-block-only
def road_gradient(sums, gradient):
    for each in sums:
        result = gradient * (each > 0)
    return result
