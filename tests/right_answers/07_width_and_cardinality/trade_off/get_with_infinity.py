def choose_net(nets, limits):
    fitting = {
        name: net for name, net in nets.items() if all(net[cost] <= limits.get(cost, float("inf")) for cost in net if cost != "error")
    }
    if not fitting:
        return None
    least = min(net["error"] for net in fitting.values())
    return min((name for name in fitting if fitting[name]["error"] == least), key=lambda name: fitting[name]["gmacs"])
