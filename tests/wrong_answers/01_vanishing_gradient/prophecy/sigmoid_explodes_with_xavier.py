# expect: disagrees
prophecy = {
    "sigmoid": "vanishes",
    "tanh": "vanishes",
    "relu": "vanishes",
    "sigmoid_xavier": "explodes",
    "tanh_xavier": "survives",
    "tanh_triple_xavier": "explodes",
    "relu_he": "survives",
    "sigmoid_batchnorm": "survives",
}
