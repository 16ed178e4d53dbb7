# expect: keys
diagnosis = {}
