# expect: signs
def road_gradient(sums, gradient):
    for each in sums:
        gradient = gradient * torch.sign(each)
    return gradient
