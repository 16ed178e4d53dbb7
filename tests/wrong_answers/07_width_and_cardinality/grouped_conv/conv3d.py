# expect: groups-used
def split_transform_merge(x, weight, groups):
    half = weight.shape[-1] // 2
    return F.conv3d(x.unsqueeze(2), weight.unsqueeze(2), padding=(0, half, half), groups=groups).squeeze(2)
