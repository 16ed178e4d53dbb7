class Shortcut(torch.nn.Module):
    def __init__(self, f):
        super().__init__()
        self.f = f

    def forward(self, x):
        return self.f(x) + x


def add_shortcut(f, x):
    return Shortcut(f)(x)
