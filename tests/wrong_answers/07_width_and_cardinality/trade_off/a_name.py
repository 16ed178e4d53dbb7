# expect: not-a-function
choose_net = "resnet50"
