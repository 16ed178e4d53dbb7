from torchvision.ops import FrozenBatchNorm2d


def freeze_backbone(model):
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    for parent in list(model.modules()):
        for name, module in list(parent.named_children()):
            if isinstance(module, nn.BatchNorm2d):
                still = FrozenBatchNorm2d(module.num_features, module.eps)
                still.load_state_dict(module.state_dict())
                setattr(parent, name, still)
    return model
