# expect: diverging-as-degradation
diagnosis = {"A": "degradation", "B": "diverging", "C": "healthy", "D": "overfitting"}
