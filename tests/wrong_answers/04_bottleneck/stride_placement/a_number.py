# expect: not-a-function
move_stride = 2
