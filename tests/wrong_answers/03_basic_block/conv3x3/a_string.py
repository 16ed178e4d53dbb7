# expect: not-a-function
conv3x3 = "3x3"
