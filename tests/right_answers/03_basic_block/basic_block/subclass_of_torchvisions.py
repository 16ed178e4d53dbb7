from torchvision.models.resnet import BasicBlock as OfficialBlock


class BasicBlock(OfficialBlock):
    pass
