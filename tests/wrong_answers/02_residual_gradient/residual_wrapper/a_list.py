# expect: not-a-module
Residual = [1, 2]
