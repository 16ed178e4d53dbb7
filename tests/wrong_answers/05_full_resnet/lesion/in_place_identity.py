# expect: no-copy
def without_block(model, stage, index):
    getattr(model, f"layer{stage}")[index] = nn.Identity()
    return model
