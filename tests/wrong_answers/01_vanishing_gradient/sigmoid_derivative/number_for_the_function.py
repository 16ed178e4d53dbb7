# expect: not-a-function
sigmoid_derivative = 0.25


def sigmoid_bound(depth):
    return 0.25**depth
