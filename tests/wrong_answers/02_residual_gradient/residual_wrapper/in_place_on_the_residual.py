# expect: writes-through
class Residual(nn.Module):
    def __init__(self, F, shortcut=None):
        super().__init__()
        self.F = F
        self.shortcut = shortcut

    def forward(self, x):
        y = self.F(x)
        if self.shortcut is None:
            y += x
            return y
        return y + self.shortcut(x)
