# expect: missing-answer
diagnostico = {"A": "diverging", "B": "degradation", "C": "healthy", "D": "overfitting"}
