# expect: mixed-up
diagnosis = {"A": "diverging", "B": "healthy", "C": "degradation", "D": "overfitting"}
