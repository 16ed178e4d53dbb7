"""Learn residual networks by building them: the helper package that the course's notebooks import.

Importing it loads PyTorch and little else; the rest loads where it is used.
"""

from resnet_course.blocks import BasicBlock, Bottleneck, conv1x1, conv3x3, make_shortcut
from resnet_course.notebook import start, take_up
from resnet_course.resnet import ResNet, create_resnet
from resnet_course.transfer import get_resnet_pretrained

__all__ = [
    "BasicBlock",
    "Bottleneck",
    "ResNet",
    "conv1x1",
    "conv3x3",
    "create_resnet",
    "get_resnet_pretrained",
    "make_shortcut",
    "start",
]

take_up()
