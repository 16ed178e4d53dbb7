# expect: shortcut-of-residual
class Residual(nn.Module):
    def __init__(self, F, shortcut=None):
        super().__init__()
        self.F = F
        self.shortcut = shortcut

    def forward(self, x):
        out = self.F(x)
        identity = x if self.shortcut is None else self.shortcut(out)
        return out + identity
