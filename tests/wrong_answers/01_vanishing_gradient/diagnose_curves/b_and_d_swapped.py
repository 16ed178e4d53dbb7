# expect: degradation-as-overfitting
diagnosis = {"A": "diverging", "B": "overfitting", "C": "healthy", "D": "degradation"}
