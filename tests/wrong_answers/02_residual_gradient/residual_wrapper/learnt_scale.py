# expect: extra-weights
class Residual(nn.Module):
    def __init__(self, F, shortcut=None):
        super().__init__()
        self.F = F
        self.shortcut = shortcut
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, x):
        identity = x if self.shortcut is None else self.shortcut(x)
        return self.scale * self.F(x) + identity
