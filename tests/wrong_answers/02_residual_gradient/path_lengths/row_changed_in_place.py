# expect: changed-on-the-way
def path_lengths(L):
    row = [1]
    for n in range(L):
        row.append(1)
        for i in range(1, len(row) - 1):
            row[i] = row[i] + row[i - 1]
    return row
