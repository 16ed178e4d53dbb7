# expect: used-twice
diagnosis = {"A": "diverging", "B": "degradation", "C": "healthy", "D": "healthy"}
