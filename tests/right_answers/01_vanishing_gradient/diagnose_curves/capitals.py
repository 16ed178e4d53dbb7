diagnosis = {"A": "Diverging", "B": "Degradation", "C": "Healthy", "D": "Overfitting"}
