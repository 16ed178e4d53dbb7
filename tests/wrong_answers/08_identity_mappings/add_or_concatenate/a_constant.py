# expect: channels-differ
def dense_cost(channels, growth, layers):
    return 58, 12663
