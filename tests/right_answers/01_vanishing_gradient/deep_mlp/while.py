def deep_mlp(depth, width, activation):
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, width))
    made = 1
    while made < depth:
        net.append(activation())
        made += 1
        net.append(nn.Linear(width, 10 if made == depth else width))
    print(net)
    return net
