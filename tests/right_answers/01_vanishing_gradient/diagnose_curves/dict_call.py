diagnosis = dict(A="diverging", B="degradation", C="healthy", D="overfitting")
