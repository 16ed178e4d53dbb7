# expect: missing-answer
def acuracy(model, loader):
    return 0.5
