from torchvision.models.resnet import Bottleneck as OfficialBlock


class Bottleneck(OfficialBlock):
    pass
