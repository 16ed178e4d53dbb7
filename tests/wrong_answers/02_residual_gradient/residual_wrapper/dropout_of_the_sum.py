# expect: train-differs
class Residual(nn.Module):
    def __init__(self, F, shortcut=None):
        super().__init__()
        self.F = F
        self.shortcut = shortcut
        self.drop = nn.Dropout(0.05)

    def forward(self, x):
        identity = x if self.shortcut is None else self.shortcut(x)
        return self.drop(self.F(x) + identity)
