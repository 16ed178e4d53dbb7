# expect: keys
diagnosis = {"a": "diverging", "b": "degradation", "c": "healthy", "d": "overfitting"}
