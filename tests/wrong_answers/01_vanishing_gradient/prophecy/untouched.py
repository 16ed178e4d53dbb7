# expect: unsolved
prophecy = {
    "sigmoid": ...,
    "tanh": ...,
    "relu": ...,
    "sigmoid_xavier": ...,
    "tanh_xavier": ...,
    "tanh_triple_xavier": ...,
    "relu_he": ...,
    "sigmoid_batchnorm": ...,
}
