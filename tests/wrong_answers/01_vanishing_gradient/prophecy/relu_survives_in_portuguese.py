# expect: relu-survives
prophecy = {
    "sigmoid": "some",
    "tanh": "some",
    "relu": "sobrevive",
    "sigmoid_xavier": "some",
    "tanh_xavier": "sobrevive",
    "tanh_triple_xavier": "explode",
    "relu_he": "sobrevive",
    "sigmoid_batchnorm": "sobrevive",
}
