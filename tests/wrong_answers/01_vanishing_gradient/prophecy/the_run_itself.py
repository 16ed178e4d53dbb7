# expect: unknown-word
prophecy = profiles
