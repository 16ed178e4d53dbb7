# expect: not-a-function
block_budget = 66
