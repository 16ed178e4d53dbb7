def deep_mlp(depth, width, activation):
    class Deep(nn.Sequential):
        def __init__(self):
            super().__init__(nn.Flatten(), nn.Linear(784, width), activation())
            for _ in range(depth - 2):
                self.append(nn.Linear(width, width))
                self.append(activation())
            self.append(nn.Linear(width, 10))

    return Deep()
