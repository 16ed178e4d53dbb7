prophecy = {
    "sigmoid": "some",
    "tanh": "desaparece",
    "relu": "Some",
    "sigmoid_xavier": "vanishes",
    "tanh_xavier": "sobrevive",
    "tanh_triple_xavier": "explode",
    "relu_he": "sobrevive",
    "sigmoid_batchnorm": "survives",
}
