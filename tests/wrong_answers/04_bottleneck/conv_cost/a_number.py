# expect: not-a-function
conv_cost = 90
