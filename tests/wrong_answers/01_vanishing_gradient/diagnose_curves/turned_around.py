# expect: keys
diagnosis = {"diverging": "A", "degradation": "B", "healthy": "C", "overfitting": "D"}
