prophecy = {name: experiments.fate(list(norms.values())) for name, norms in profiles.items()}
