# expect: no-run
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
profiles = {name: {layer: torch.ones(2, 2) for layer in norms} for name, norms in profiles.items()}
