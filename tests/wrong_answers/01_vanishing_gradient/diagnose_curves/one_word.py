# expect: not-a-dict
diagnosis = "degradation"
