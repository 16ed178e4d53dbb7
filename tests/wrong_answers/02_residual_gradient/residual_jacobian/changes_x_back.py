# expect: input-changed
def residual_jacobian(F, x):
    columns = []
    for j in range(len(x)):
        x[j] += 1e-4
        right = F(x) + x
        x[j] -= 2e-4
        left = F(x) + x
        columns.append((right - left) / 2e-4)
        x[j] = x[j]
    return torch.stack(columns, dim=1)
