# expect: keys
diagnosis = {"A": "diverging", "B": "degradation", "C": "healthy"}
