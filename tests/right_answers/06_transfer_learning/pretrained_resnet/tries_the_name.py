def get_resnet_pretrained(model_name, num_classes):
    try:
        if not model_name.removeprefix("resnet").isdigit():
            raise KeyError(model_name)
        model = get_model(model_name, weights="DEFAULT")
    except (KeyError, ValueError) as error:
        raise ValueError(f"{model_name!r} is none of torchvision's ResNets") from error
    return freeze_backbone(replace_head(model, num_classes))
