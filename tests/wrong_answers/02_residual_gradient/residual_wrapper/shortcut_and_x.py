# expect: shortcut-and-x
class Residual(nn.Module):
    def __init__(self, F, shortcut=None):
        super().__init__()
        self.F = F
        self.shortcut = shortcut

    def forward(self, x):
        out = self.F(x) + x
        if self.shortcut is not None:
            out = out + self.shortcut(x)
        return out
