# expect: other-error
def get_resnet_pretrained(model_name, num_classes):
    model = get_model(model_name, weights="DEFAULT")
    return freeze_backbone(replace_head(model, num_classes))
