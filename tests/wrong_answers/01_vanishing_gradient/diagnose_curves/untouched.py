# expect: unsolved
diagnosis = {"A": ..., "B": ..., "C": ..., "D": ...}
