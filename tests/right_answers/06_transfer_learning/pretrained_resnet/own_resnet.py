from resnet_course import create_resnet


def get_resnet_pretrained(model_name, num_classes):
    if model_name not in {"resnet18", "resnet34", "resnet50", "resnet101", "resnet152"}:
        raise ValueError(model_name)
    model = create_resnet(model_name)
    model.load_state_dict(get_model_weights(model_name).DEFAULT.get_state_dict(progress=True, check_hash=True))
    return freeze_backbone(replace_head(model, num_classes))
