# expect: missing-answer
class PreactBlock(nn.Module):
    pass
