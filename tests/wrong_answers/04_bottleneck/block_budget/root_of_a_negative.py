# expect: complex
def block_budget(channels, planes):
    return int((2 * 9 * planes ** 2 - 2 * channels) / 9) ** 0.5
