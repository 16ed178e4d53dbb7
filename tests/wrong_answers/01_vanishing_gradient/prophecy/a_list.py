# expect: not-a-dict
prophecy = ["vanishes", "vanishes", "vanishes", "vanishes", "survives", "explodes", "survives", "survives"]
