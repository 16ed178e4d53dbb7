# expect: raised-outside
conv3x3 = "3x3"
