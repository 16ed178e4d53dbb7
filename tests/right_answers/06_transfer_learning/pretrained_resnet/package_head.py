from resnet_course import transfer


def get_resnet_pretrained(model_name, num_classes):
    known = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")
    if model_name not in known:
        raise ValueError(f"{model_name!r} is unknown; the known names are: {', '.join(known)}")
    model = get_model(model_name, weights="DEFAULT")
    return freeze_backbone(transfer.replace_head(model, num_classes))
