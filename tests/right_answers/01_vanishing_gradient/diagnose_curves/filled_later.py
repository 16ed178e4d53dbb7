diagnosis = {"A": ..., "B": ..., "C": ..., "D": ...}
diagnosis["A"] = "diverging"
diagnosis["B"] = "degradation"
diagnosis.update(C="HEALTHY", D="OVERFITTING")
