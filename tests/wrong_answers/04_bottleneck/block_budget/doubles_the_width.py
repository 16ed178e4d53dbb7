# expect: wider-fits
def block_budget(channels, planes):
    def cost(w):
        return conv_cost(channels, w, 1, 1, 1)[1] + conv_cost(w, w, 3, 1, 1)[1] + conv_cost(w, channels, 1, 1, 1)[1]
    budget = 2 * conv_cost(planes, planes, 3, 1, 1)[1]
    width = 1
    while cost(width * 2) <= budget:
        width *= 2
    return width
