# expect: writes-through
class Residual(nn.Module):
    def __init__(self, F, shortcut=None):
        super().__init__()
        self.F = F
        self.shortcut = shortcut

    def forward(self, x):
        identity = x if self.shortcut is None else self.shortcut(x)
        return self.F(x).add_(identity)
