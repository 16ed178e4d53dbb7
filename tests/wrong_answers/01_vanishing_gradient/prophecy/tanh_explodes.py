# expect: disagrees
prophecy = {
    "sigmoid": "vanishes",
    "tanh": "explodes",
    "relu": "vanishes",
    "sigmoid_xavier": "vanishes",
    "tanh_xavier": "survives",
    "tanh_triple_xavier": "explodes",
    "relu_he": "survives",
    "sigmoid_batchnorm": "survives",
}
