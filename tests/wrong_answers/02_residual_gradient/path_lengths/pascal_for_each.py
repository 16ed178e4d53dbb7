# expect: too-slow
def path_lengths(L):
    def choose(n, k):
        if k == 0 or k == n:
            return 1
        return choose(n - 1, k - 1) + choose(n - 1, k)

    return [choose(L, k) for k in range(L + 1)]
