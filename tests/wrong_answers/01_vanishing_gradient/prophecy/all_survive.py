# expect: all-the-same
prophecy = {
    "sigmoid": "survives",
    "tanh": "survives",
    "relu": "survives",
    "sigmoid_xavier": "survives",
    "tanh_xavier": "survives",
    "tanh_triple_xavier": "survives",
    "relu_he": "survives",
    "sigmoid_batchnorm": "survives",
}
