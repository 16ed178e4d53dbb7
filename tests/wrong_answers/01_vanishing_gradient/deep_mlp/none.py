# expect: not-a-function
deep_mlp = None
