# expect: healthy-as-overfitting
diagnosis = {"A": "diverging", "B": "degradation", "C": "overfitting", "D": "healthy"}
