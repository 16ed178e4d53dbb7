# expect: too-slow
def path_lengths(L):
    def count(blocks, length):
        if length < 0 or length > blocks:
            return 0
        if blocks == 0:
            return 1
        return count(blocks - 1, length) + count(blocks - 1, length - 1)
    
    return [count(L, k) for k in range(L + 1)]
