diagnosis = dict(zip("ABCD", ("diverging", "degradation", "healthy", "overfitting")))
