diagnosis = {"A": " diverging", "B": "degradation ", "C": "healthy", "D": " overfitting "}
