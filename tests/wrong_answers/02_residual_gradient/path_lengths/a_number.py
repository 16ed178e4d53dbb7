# expect: not-a-function
path_lengths = 8
