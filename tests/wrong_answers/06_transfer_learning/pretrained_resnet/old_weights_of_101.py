# expect: other-weights
def get_resnet_pretrained(model_name, num_classes):
    versions = {"resnet18": 1, "resnet34": 1, "resnet50": 2, "resnet101": 1, "resnet152": 2}
    if model_name not in versions:
        raise ValueError(f"{model_name!r} is unknown; the known names are: {', '.join(versions)}")
    model = get_model(model_name, weights=f"IMAGENET1K_V{versions[model_name]}")
    return freeze_backbone(replace_head(model, num_classes))
