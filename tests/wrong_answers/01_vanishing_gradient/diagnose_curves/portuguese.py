# expect: unknown-word
diagnosis = {"A": "diverging", "B": "degradation", "C": "saudável", "D": "overfitting"}
