# expect: unknown-model
def get_resnet_pretrained(model_name, num_classes):
    names = ["resnet18", "resnet34", "resnet50", "resnet101", "resnet152"]
    if model_name not in names:
        raise ValueError("nome inválido")
    model = get_model("model_name", weights="DEFAULT")
    return freeze_backbone(replace_head(model, num_classes))
