def block_budget(channels, planes):
    low, high = 0, 10 * (channels + planes)
    while low < high:
        middle = (low + high + 1) // 2
        if 2 * channels * middle + 9 * middle**2 <= 18 * planes**2:
            low = middle
        else:
            high = middle - 1
    return low
