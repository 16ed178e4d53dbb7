# expect: no-copy
def without_block(model, stage, index):
    del getattr(model, f"layer{stage}")[index]
    return model
