diagnosis = {"D": "overfitting", "C": "healthy", "B": "degradation", "A": "diverging"}
