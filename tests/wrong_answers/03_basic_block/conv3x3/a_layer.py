# expect: not-a-function
conv3x3 = nn.Conv2d(3, 5, 3, padding=1, bias=False)
