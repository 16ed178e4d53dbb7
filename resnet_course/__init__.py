"""Learn residual networks by building them: the helper package that the course's notebooks import.

Importing it loads next to nothing; PyTorch loads with the first name that needs it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from resnet_course.notebook import start, take_up

if TYPE_CHECKING:
    from resnet_course.blocks import BasicBlock, Bottleneck, conv1x1, conv3x3, make_shortcut
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
_HOMES = {
    "resnet_course.blocks": ("BasicBlock", "Bottleneck", "conv1x1", "conv3x3", "make_shortcut"),
    "resnet_course.resnet": ("ResNet", "create_resnet"),
    "resnet_course.transfer": ("get_resnet_pretrained",),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


take_up()
