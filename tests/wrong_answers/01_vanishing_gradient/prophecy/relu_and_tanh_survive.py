# expect: relu-survives
prophecy = {
    "sigmoid": "vanishes",
    "tanh": "survives",
    "relu": "survives",
    "sigmoid_xavier": "vanishes",
    "tanh_xavier": "survives",
    "tanh_triple_xavier": "explodes",
    "relu_he": "survives",
    "sigmoid_batchnorm": "survives",
}
