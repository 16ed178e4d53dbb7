# expect: all-the-same
prophecy = {
    "sigmoid": "vanishes",
    "tanh": "vanishes",
    "relu": "vanishes",
    "sigmoid_xavier": "vanishes",
    "tanh_xavier": "vanishes",
    "tanh_triple_xavier": "vanishes",
    "relu_he": "vanishes",
    "sigmoid_batchnorm": "vanishes",
}
