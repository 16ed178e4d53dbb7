# expect: keys
prophecy = {}
