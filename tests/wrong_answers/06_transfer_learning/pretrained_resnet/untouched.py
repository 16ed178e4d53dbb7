# expect: unsolved
def get_resnet_pretrained(model_name, num_classes):
    raise NotImplementedError()
