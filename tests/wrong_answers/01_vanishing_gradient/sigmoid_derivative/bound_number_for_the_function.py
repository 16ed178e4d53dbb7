# expect: not-a-function
def sigmoid_derivative(x):
    s = torch.sigmoid(x)
    return s * (1 - s)


sigmoid_bound = 0.25**30
