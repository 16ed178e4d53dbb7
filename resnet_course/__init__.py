"""Learn residual networks by building them: the helper package that the course's notebooks import.

Importing it loads PyTorch and little else; the rest loads where it is used.
"""

from resnet_course.blocks import BasicBlock, conv1x1, conv3x3, make_shortcut
from resnet_course.notebook import start

__all__ = ["BasicBlock", "conv1x1", "conv3x3", "make_shortcut", "start"]
