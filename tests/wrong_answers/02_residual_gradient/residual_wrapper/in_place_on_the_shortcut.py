# expect: writes-through
class Residual(nn.Module):
    def __init__(self, F, shortcut=None):
        super().__init__()
        self.F = F
        self.shortcut = shortcut

    def forward(self, x):
        identity = x.clone() if self.shortcut is None else self.shortcut(x)
        identity += self.F(x)
        return identity
