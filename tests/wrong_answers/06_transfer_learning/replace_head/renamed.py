# expect: missing-answer
def new_head(model, num_classes):
    return model
