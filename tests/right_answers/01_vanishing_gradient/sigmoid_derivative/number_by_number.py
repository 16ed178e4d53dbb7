def sigmoid_derivative(x):
    import math

    slopes = []
    for z in x.flatten().tolist():
        s = 1 / (1 + math.exp(-z))
        slopes.append(s * (1 - s))
    return torch.tensor(slopes).view_as(x)


def sigmoid_bound(depth):
    return 0.25**depth
