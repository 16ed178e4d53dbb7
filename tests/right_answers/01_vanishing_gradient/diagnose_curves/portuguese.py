diagnosis = {"A": "divergente", "B": "degradação", "C": "saudável", "D": "sobreajuste"}
