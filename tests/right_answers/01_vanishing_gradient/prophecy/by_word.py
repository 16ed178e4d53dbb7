words = {
    "vanishes": ("sigmoid", "tanh", "relu", "sigmoid_xavier"),
    "survives": ("tanh_xavier", "relu_he", "sigmoid_batchnorm"),
    "explodes": ("tanh_triple_xavier",),
}
prophecy = {name: word for word, names in words.items() for name in names}
