prophecy = {
    "sigmoid_batchnorm": "survives",
    "relu_he": "survives",
    "tanh_triple_xavier": "explodes",
    "tanh_xavier": "survives",
    "sigmoid_xavier": "vanishes",
    "relu": "vanishes",
    "tanh": "vanishes",
    "sigmoid": "vanishes",
}
