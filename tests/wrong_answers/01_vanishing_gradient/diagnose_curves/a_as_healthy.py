# expect: mixed-up
diagnosis = {"A": "healthy", "B": "degradation", "C": "diverging", "D": "overfitting"}
