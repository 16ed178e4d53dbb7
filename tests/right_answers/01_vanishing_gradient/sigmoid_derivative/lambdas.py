sigmoid_derivative = lambda x: F.sigmoid(x) * (1 - F.sigmoid(x))
sigmoid_bound = lambda depth: 4**-depth
