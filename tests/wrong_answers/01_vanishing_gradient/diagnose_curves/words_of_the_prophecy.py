# expect: unknown-word
diagnosis = {"A": "explodes", "B": "vanishes", "C": "survives", "D": "overfitting"}
