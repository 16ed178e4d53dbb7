# expect: diverging-as-overfitting
diagnosis = {"A": "overfitting", "B": "degradation", "C": "healthy", "D": "diverging"}
