# expect: missing-answer
def fold(weight):
    return weight + 1
