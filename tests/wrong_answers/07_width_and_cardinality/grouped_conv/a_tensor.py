# expect: not-a-function
split_transform_merge = torch.zeros(1, 4, 6, 5)
