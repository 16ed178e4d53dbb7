# expect: not-a-function
conv_cost = (90, 9000)
