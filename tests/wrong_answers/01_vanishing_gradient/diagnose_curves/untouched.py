# expect: unfilled
diagnosis = {"A": ..., "B": ..., "C": ..., "D": ...}
