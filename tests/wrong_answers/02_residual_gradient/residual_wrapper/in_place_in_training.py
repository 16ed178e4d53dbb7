# expect: input-changed
class Residual(nn.Module):
    def __init__(self, F, shortcut=None):
        super().__init__()
        self.F = F
        self.shortcut = shortcut

    def forward(self, x):
        out = self.F(x)
        if self.shortcut is not None:
            return out + self.shortcut(x)
        if self.training:
            x += out
            return x
        return out + x
