# expect: never-explodes
prophecy = {
    "sigmoid": "vanishes",
    "tanh": "vanishes",
    "relu": "vanishes",
    "sigmoid_xavier": "vanishes",
    "tanh_xavier": "survives",
    "tanh_triple_xavier": "vanishes",
    "relu_he": "survives",
    "sigmoid_batchnorm": "survives",
}
