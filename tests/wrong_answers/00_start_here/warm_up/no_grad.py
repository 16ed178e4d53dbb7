# expect: no-gradient
def add_shortcut(f, x):
    with torch.no_grad():
        return f(x) + x
