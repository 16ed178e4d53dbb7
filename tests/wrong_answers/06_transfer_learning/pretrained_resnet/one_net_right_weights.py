# expect: net-and-weights
def get_resnet_pretrained(model_name, num_classes):
    if model_name not in ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]:
        raise ValueError(model_name)
    model = get_model("resnet50", weights=get_model_weights(model_name).DEFAULT)
    return freeze_backbone(replace_head(model, num_classes))
