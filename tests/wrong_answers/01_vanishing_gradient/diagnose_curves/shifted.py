# expect: diverging-as-overfitting
diagnosis = {"A": "overfitting", "B": "diverging", "C": "degradation", "D": "healthy"}
