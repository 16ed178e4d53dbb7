# expect: train-differs
class Residual(nn.Module):
    def __init__(self, F, shortcut=None):
        super().__init__()
        self.F = F
        self.shortcut = shortcut

    def forward(self, x):
        self.F.eval()
        identity = x if self.shortcut is None else self.shortcut(x)
        return self.F(x) + identity
