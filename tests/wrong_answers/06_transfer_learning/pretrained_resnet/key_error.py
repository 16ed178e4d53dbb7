# expect: other-error
def get_resnet_pretrained(model_name, num_classes):
    depths = {"resnet18": 18, "resnet34": 34, "resnet50": 50, "resnet101": 101, "resnet152": 152}
    model = get_model(f"resnet{depths[model_name]}", weights="DEFAULT")
    return freeze_backbone(replace_head(model, num_classes))
