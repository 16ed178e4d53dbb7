def road_gradient(sums, gradient):
    def relu_slope(each):
        each = each.clone().requires_grad_()
        (slope,) = torch.autograd.grad(F.relu(each).sum(), each)
        return slope

    for each in sums:
        gradient = gradient * relu_slope(each)
    return gradient
