class Residual(nn.Module):
    def __init__(self, F, shortcut=None):
        super().__init__()
        self.residual = F
        self.shortcut = nn.Identity() if shortcut is None else shortcut

    def forward(self, x):
        return self.residual(x) + self.shortcut(x)
