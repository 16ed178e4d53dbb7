class BasicBlock(blocks.BasicBlock):
    pass
