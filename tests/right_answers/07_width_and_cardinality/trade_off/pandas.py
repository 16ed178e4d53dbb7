def choose_net(nets, limits):
    import pandas as pd

    figures = pd.DataFrame(nets).T
    for cost, limit in limits.items():
        figures = figures[figures[cost] <= limit]
    if figures.empty:
        return None
    return figures.sort_values(["error", "gmacs"]).index[0]
