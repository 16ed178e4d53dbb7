# expect: not-a-dict
prophecy = None
