# expect: known-refused
def get_resnet_pretrained(model_name, num_classes):
    known = {"resnet18": get_model_weights("resnet18").DEFAULT, "resnet50": get_model_weights("resnet50").DEFAULT}
    if model_name not in known:
        raise ValueError(f"unknown: {model_name}")
    model = get_model(model_name, weights=known[model_name])
    return freeze_backbone(replace_head(model, num_classes))
