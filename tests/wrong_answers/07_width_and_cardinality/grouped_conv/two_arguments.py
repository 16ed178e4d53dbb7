# expect: signature
def split_transform_merge(x, weight):
    return F.conv2d(x, weight)
