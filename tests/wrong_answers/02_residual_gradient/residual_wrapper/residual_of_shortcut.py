# expect: residual-of-shortcut
class Residual(nn.Module):
    def __init__(self, F, shortcut=None):
        super().__init__()
        self.F = F
        self.shortcut = shortcut

    def forward(self, x):
        if self.shortcut is not None:
            x = self.shortcut(x)
        return self.F(x) + x
