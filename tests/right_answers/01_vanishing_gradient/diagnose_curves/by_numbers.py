diagnosis = {name: experiments.diagnose(curves) for name, curves in experiments.example_curves().items()}
