# expect: not-a-function
layers = [nn.Flatten(), nn.Linear(784, 64), nn.Sigmoid(), nn.Linear(64, 64), nn.Sigmoid()]
deep_mlp = nn.Sequential(*layers, nn.Linear(64, 10))
