def get_resnet_pretrained(model_name, num_classes):
    try:
        weights = get_model_weights(model_name).DEFAULT
    except (KeyError, ValueError):
        raise ValueError(f"{model_name} is unknown") from None
    if not type(weights).__name__.lower().startswith(("resnet", "resnext", "wide_resnet")):
        raise ValueError(f"{model_name} is not a ResNet")
    return freeze_backbone(replace_head(get_model(model_name, weights=weights), num_classes))
