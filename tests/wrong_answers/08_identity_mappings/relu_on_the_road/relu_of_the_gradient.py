# expect: relu-on-gradient
def road_gradient(sums, gradient):
    for each in sums:
        gradient = F.relu(gradient)
    return gradient
