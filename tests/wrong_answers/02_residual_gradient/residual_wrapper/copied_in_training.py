# expect: weights-cut-off
import copy


class Residual(nn.Module):
    def __init__(self, F, shortcut=None):
        super().__init__()
        self.F = F
        self.shortcut = shortcut

    def forward(self, x):
        identity = x if self.shortcut is None else self.shortcut(x)
        F = copy.deepcopy(self.F) if self.training else self.F
        return F(x) + identity
