# expect: healthy-as-overfitting
diagnosis = {"A": "diverging", "B": "healthy", "C": "overfitting", "D": "degradation"}
