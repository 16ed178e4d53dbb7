# expect: raised
class Residual(nn.Module):
    def __init__(self, F, shortcut=None):
        super().__init__()
        self.F = F
        self.shortcut = shortcut

    def forward(self, x):
        out = self.F(x)
        if self.shortcut is not None:
            out = out + self.shortcut
        return out
