class Bottleneck(blocks.Bottleneck):
    pass
