# expect: other-weights
def get_resnet_pretrained(model_name, num_classes):
    names = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]
    if model_name not in names:
        raise ValueError(f"{model_name}: choose one of {names}")
    model = get_model(model_name, weights=get_model_weights(model_name))
    replace_head(model, num_classes)
    freeze_backbone(model)
    return model
