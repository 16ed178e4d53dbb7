prophecy = {
    "sigmoid": "VANISHES",
    "tanh": "VANISHES",
    "relu": "VANISHES",
    "sigmoid_xavier": "VANISHES",
    "tanh_xavier": "SURVIVES",
    "tanh_triple_xavier": "EXPLODES",
    "relu_he": "SURVIVES",
    "sigmoid_batchnorm": "SURVIVES",
}
