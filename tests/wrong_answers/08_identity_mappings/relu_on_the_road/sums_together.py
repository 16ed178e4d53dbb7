# expect: sums-not-masks
def road_gradient(sums, gradient):
    return sum(sums) * gradient
