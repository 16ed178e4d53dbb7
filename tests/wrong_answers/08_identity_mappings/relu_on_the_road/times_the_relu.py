# expect: sums-not-masks
def road_gradient(sums, gradient):
    for each in sums:
        gradient = gradient * F.relu(each)
    return gradient
