# expect: not-a-dict
prophecy = "vanishes"
