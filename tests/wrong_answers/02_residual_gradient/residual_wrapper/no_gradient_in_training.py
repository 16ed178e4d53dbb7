# expect: detached
class Residual(nn.Module):
    def __init__(self, F, shortcut=None):
        super().__init__()
        self.F = F
        self.shortcut = shortcut

    def forward(self, x):
        identity = x if self.shortcut is None else self.shortcut(x)
        if self.training:
            with torch.no_grad():
                return self.F(x) + identity
        return self.F(x) + identity
