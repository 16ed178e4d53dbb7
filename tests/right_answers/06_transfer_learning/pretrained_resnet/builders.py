import torchvision

BUILDERS = {f"resnet{depth}": getattr(torchvision.models, f"resnet{depth}") for depth in (18, 34, 50, 101, 152)}


def get_resnet_pretrained(model_name, num_classes):
    if model_name not in BUILDERS:
        raise ValueError(f"{model_name} is not one of {sorted(BUILDERS)}")
    model = BUILDERS[model_name](weights="DEFAULT")
    freeze_backbone(model)
    replace_head(model, num_classes)
    return model
