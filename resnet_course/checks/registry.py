"""The exercises of all lessons, and where their checks are."""

from __future__ import annotations

from difflib import get_close_matches
from importlib import import_module
from typing import TYPE_CHECKING

from resnet_course.language import message

if TYPE_CHECKING:
    from resnet_course.checks.check import Check

# Each check cell can be the first that runs, as when a learner goes on in the middle after a restart.
IMPORT = "from resnet_course import checks"
LESSONS: dict[str, tuple[str, ...]] = {
    "00_start_here": ("warm-up",),
    "01_vanishing_gradient": ("sigmoid-derivative", "deep-mlp", "gradient-norms", "prophecy", "diagnose-curves"),
    "02_residual_gradient": (
        "residual-wrapper",
        "numerical-derivative",
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
    "08_identity_mappings": ("relu-on-the-road", "pre-activation", "how-many-to-skip", "add-or-concatenate"),
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


def answer_id(grade_id: str, part: str = "") -> str:
    """Return the id of an exercise's answer cell: the check cell, which has the points, keeps the exercise's own.

    Examples
    --------
    >>> answer_id("shortcut"), answer_id("find-the-bug", "a")
    ('shortcut-answer', 'find-the-bug-a-answer')
    """
    return f"{grade_id}-{part}-answer" if part else f"{grade_id}-answer"


def exercise_of(cell_id: str) -> str | None:
    """Return the exercise that a cell answers, or None if it is no answer cell.

    Examples
    --------
    >>> exercise_of("find-the-bug-a-answer"), exercise_of("find-the-bug")
    ('find-the-bug', None)
    """
    whole = cell_id.removesuffix("-answer")
    if whole == cell_id:
        return None
    return next((each for each in (whole, whole.rpartition("-")[0]) if attribute(each) in HOMES), None)


HOMES = {attribute(grade_id): lesson for lesson, ids in LESSONS.items() for grade_id in ids}


def find_check(name: str) -> Check:
    """Return the check of that name.

    Raises
    ------
    AttributeError
        If there is none.
    """
    if name not in HOMES:
        near = get_close_matches(name, HOMES, n=1)
        raise AttributeError(message("common.setup.no-check", name=name, known=", ".join(near or HOMES)))
    module = import_module(f"resnet_course.checks.lesson_{HOMES[name]}.{name}")
    check: Check = getattr(module, name)
    return check


def of_lesson(lesson: str) -> tuple[Check, ...]:
    """Return a lesson's checks in the order of its exercises.

    Raises
    ------
    KeyError
        If the lesson is unknown.
    """
    return tuple(find_check(attribute(grade_id)) for grade_id in LESSONS[lesson])


def earlier(grade_id: str) -> tuple[Check, ...]:
    """Return the checks of the exercises that stand before one in its lesson.

    Examples
    --------
    >>> [check.grade_id for check in earlier("shortcut")]
    ['conv3x3', 'basic-block']
    """
    ids = LESSONS[HOMES[attribute(grade_id)]]
    return tuple(find_check(attribute(each)) for each in ids[: ids.index(grade_id)])
