"""The checks of all lessons: ``checks.basic_block(BasicBlock)`` and so on, one for each ``grade_id``.

A lesson's checks load when the first of them is used, so that a notebook pays for its own lesson only.
"""

from __future__ import annotations

from importlib import import_module

from resnet_course.checks.check import Check

LESSONS: dict[str, tuple[str, ...]] = {
    "00_start_here": ("warm-up",),
    "01_vanishing_gradient": ("sigmoid-derivative", "deep-mlp", "gradient-norms", "prophecy", "diagnose-curves"),
    "02_residual_gradient": (
        "numerical-derivative",
        "residual-wrapper",
        "residual-jacobian",
        "path-lengths",
        "identity-init",
    ),
    "03_basic_block": ("conv3x3", "basic-block", "shortcut", "find-the-bug"),
    "04_bottleneck": ("conv-cost", "bottleneck", "block-budget", "stride-placement"),
    "05_full_resnet": ("make-layer", "resnet", "create-resnet", "lesion"),
    "06_transfer_learning": (
        "evaluate",
        "replace-head",
        "freeze-backbone",
        "parameter-groups",
        "pretrained-resnet",
    ),
    "07_width_and_cardinality": ("wrn-channels", "grouped-conv", "resnext-block", "trade-off"),
}
NOT_GRADED = ("00_start_here",)  # the start page: its check can be tried out, and earns no points
GRADED = tuple(lesson for lesson in LESSONS if lesson not in NOT_GRADED)


def attribute(grade_id: str) -> str:
    """Return the name of an exercise's check in this module.

    Examples
    --------
    >>> attribute("basic-block")
    'basic_block'
    """
    return grade_id.replace("-", "_")


_HOMES = {attribute(grade_id): lesson for lesson, ids in LESSONS.items() for grade_id in ids}


def __getattr__(name: str) -> Check:
    if name not in _HOMES:
        known = ", ".join(_HOMES)
        raise AttributeError(f"there is no check named {name!r}; the checks are: {known}")
    module = import_module(f"resnet_course.checks.lesson_{_HOMES[name]}")
    check: Check = getattr(module, name)
    return check


def __dir__() -> list[str]:
    return sorted(_HOMES)


def of_lesson(lesson: str) -> tuple[Check, ...]:
    """Return a lesson's checks in the order of its exercises.

    Raises
    ------
    KeyError
        If the lesson is unknown.
    """
    return tuple(__getattr__(attribute(grade_id)) for grade_id in LESSONS[lesson])
