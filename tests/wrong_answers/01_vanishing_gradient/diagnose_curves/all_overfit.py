# expect: used-twice
diagnosis = {"A": "overfitting", "B": "overfitting", "C": "overfitting", "D": "overfitting"}
