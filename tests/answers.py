"""The reference implementation that answers each exercise, as its check takes it."""

from __future__ import annotations

from typing import Any

from resnet_course import blocks

REFERENCE: dict[str, tuple[Any, ...]] = {
    "conv3x3": (blocks.conv3x3,),
    "basic-block": (blocks.BasicBlock,),
    "shortcut": (blocks.make_shortcut,),
    "find-the-bug": (blocks.BasicBlock,) * 3,
}
