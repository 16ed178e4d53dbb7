# expect: not-a-function
wrn_channels = [16, 160, 320, 640]
