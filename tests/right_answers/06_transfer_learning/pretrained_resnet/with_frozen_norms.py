from torchvision.ops import FrozenBatchNorm2d


def get_resnet_pretrained(model_name, num_classes):
    known = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
    if model_name not in known:
        raise ValueError(f"{model_name!r} is unknown; the known names are: {', '.join(known)}")
    model = replace_head(get_model(model_name, weights="DEFAULT"), num_classes)
    for parent in list(model.modules()):
        for name, module in list(parent.named_children()):
            if isinstance(module, nn.BatchNorm2d):
                still = FrozenBatchNorm2d(module.num_features, module.eps)
                still.load_state_dict(module.state_dict())
                setattr(parent, name, still)
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    return model
