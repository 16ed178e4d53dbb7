# expect: run-differs
prophecy = {
    "sigmoid": "vanishes",
    "tanh": "vanishes",
    "relu": "vanishes",
    "sigmoid_xavier": "vanishes",
    "tanh_xavier": "survives",
    "tanh_triple_xavier": "explodes",
    "relu_he": "survives",
    "sigmoid_batchnorm": "survives",
}
profiles = {name: profiles["relu_he"] for name in profiles}
