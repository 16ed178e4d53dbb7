# expect: unknown-word
prophecy = {
    "sigmoid": "vanishes",
    "tanh": "vanishes",
    "relu": "vanish",
    "sigmoid_xavier": "vanishes",
    "tanh_xavier": "survives",
    "tanh_triple_xavier": "explodes",
    "relu_he": "survives",
    "sigmoid_batchnorm": "survives",
}
