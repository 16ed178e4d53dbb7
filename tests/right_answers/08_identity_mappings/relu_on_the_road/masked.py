def road_gradient(sums, gradient):
    result = gradient.clone()
    for each in sums:
        result[each <= 0] = 0
    return result
