# expect: run-differs
prophecy = {
    "sigmoid": "vanishes",
    "tanh": "vanishes",
    "relu": "vanishes",
    "sigmoid_xavier": "vanishes",
    "tanh_xavier": "survives",
    "tanh_triple_xavier": "explodes",
    "relu_he": "vanishes",
    "sigmoid_batchnorm": "survives",
}
profiles = profiles | {"relu_he": profiles["relu"]}
