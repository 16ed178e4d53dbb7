# expect: missing-answer
def cost_of_dense(channels, growth, layers):
    return channels, 0
