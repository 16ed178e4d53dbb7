class Bottleneck(OfficialBottleneck):
    pass
