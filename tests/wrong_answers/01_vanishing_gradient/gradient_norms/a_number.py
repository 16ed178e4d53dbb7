# expect: not-a-function
gradient_norms = 0.5
