conv3x3 = lambda i, o, stride=1: nn.Conv2d(i, o, 3, padding=1, stride=stride, bias=None)
