# expect: used-twice
diagnosis = {"A": "degradation", "B": "degradation", "C": "healthy", "D": "overfitting"}
