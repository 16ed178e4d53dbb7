# expect: unknown-word
diagnosis = {"A": "diverging", "B": "degradation", "C": "healthy", "D": "overfiting"}
