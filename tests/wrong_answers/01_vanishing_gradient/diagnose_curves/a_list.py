# expect: not-a-dict
diagnosis = ["diverging", "degradation", "healthy", "overfitting"]
