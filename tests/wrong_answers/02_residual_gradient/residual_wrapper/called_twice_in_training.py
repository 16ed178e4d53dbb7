# expect: called-twice
class Residual(nn.Module):
    def __init__(self, F, shortcut=None):
        super().__init__()
        self.F = F
        self.shortcut = shortcut

    def forward(self, x):
        identity = x if self.shortcut is None else self.shortcut(x)
        if self.training:
            self.F(x)
        return self.F(x) + identity
