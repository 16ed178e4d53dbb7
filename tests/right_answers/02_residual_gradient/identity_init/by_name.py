def zero_init_residual(block):
    names = sorted(name for name, _ in block.named_parameters() if name.startswith('bn') and name.endswith('weight'))
    with torch.no_grad():
        block.get_parameter(names[-1]).copy_(torch.zeros(()))
