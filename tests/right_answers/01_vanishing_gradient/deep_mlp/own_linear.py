def deep_mlp(depth, width, activation):
    class Layer(nn.Linear):
        def extra_repr(self):
            return f"{self.in_features} -> {self.out_features}"

    layers = [nn.Flatten(), Layer(784, width), activation()]
    for _ in range(depth - 2):
        layers += [Layer(width, width), activation()]
    return nn.Sequential(*layers, Layer(width, 10))
