# expect: raised
def residual_jacobian(F, x):
    first, tanh, second = F
    slope = 1 - torch.tanh(first(x)) ** 2
    return second.weight @ (slope[:, None] * first.weight) + torch.eye(len(x))
