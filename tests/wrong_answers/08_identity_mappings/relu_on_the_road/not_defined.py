# expect: missing-answer
def gradient_on_the_road(sums, gradient):
    return gradient
