# expect: arguments-order
def block_budget(p, c):
    width = 0
    while 2 * c * (width + 1) + 9 * (width + 1) ** 2 <= 18 * p**2:
        width += 1
    return width
