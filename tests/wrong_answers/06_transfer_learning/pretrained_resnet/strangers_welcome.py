# expect: no-error
def get_resnet_pretrained(model_name, num_classes):
    if model_name not in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"):
        print("unknown name, taking resnet18")
        model_name = "resnet18"
    model = get_model(model_name, weights="DEFAULT")
    return freeze_backbone(replace_head(model, num_classes))
