# expect: raised
class Residual(nn.Module):
    def __init__(self, F, shortcut=None):
        super().__init__()
        self.F = F
        self.shortcut = shortcut

    def forward(self, x):
        if self.shortcut is None:
            return self.F(x) + self.x
        return self.F(x)
