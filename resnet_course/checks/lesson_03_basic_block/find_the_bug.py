"""The check of three blocks, each with a bug to be found."""

from __future__ import annotations

from functools import partial
from typing import Any

from resnet_course.checks.check import Check
from resnet_course.checks.judging import Fault, Verdict
from resnet_course.checks.lesson_03_basic_block.basic_block import BASIC_BLOCK
from resnet_course.checks.observing import Plain
from resnet_course.checks.residual_blocks.judge import Expected, judge_block
from resnet_course.checks.residual_blocks.kinds import Setting, block_inputs
from resnet_course.checks.residual_blocks.observe import observe_block
from resnet_course.language import message

# The mistake that stands in each block when the learner gets it.
PLANTED = {"BlockA": "no-norm", "BlockB": "stride-in-second-conv", "BlockC": "clobbered-skip"}


def observe(block_a: Any, block_b: Any, block_c: Any, inputs: dict[str, Setting]) -> dict[str, Plain]:
    """Observe the three blocks."""
    blocks = zip(PLANTED, (block_a, block_b, block_c), strict=True)
    return {name: observe_block(BASIC_BLOCK, block, inputs) for name, block in blocks}


def judge(observation: dict[str, Plain], inputs: dict[str, Setting]) -> None:
    """Name the first block that is still wrong, and those that are repaired."""
    wrong: dict[str, Verdict] = {}
    expected = Expected(BASIC_BLOCK)
    for name in PLANTED:
        try:
            judge_block(BASIC_BLOCK, observation[name], inputs, expected)
        except Fault as fault:
            wrong[name] = fault.verdict
    for name, verdict in wrong.items():
        right = [each for each in PLANTED if each not in wrong]
        repaired = ", ".join(right) or message("03_basic_block.repaired.none")
        if verdict.key == PLANTED[name]:
            # Its own message would give the bug away.
            raise Fault(f"still-broken-{name[-1].lower()}", block=name, repaired=repaired)
        raise Fault(verdict.key, verdict.exercise, **verdict.figures, block=name, repaired=repaired)


find_the_bug = Check(
    grade_id="find-the-bug",
    lesson="03_basic_block",
    answers=tuple(PLANTED),
    functions=False,
    inputs=partial(block_inputs, BASIC_BLOCK),
    observe=observe,
    judge=judge,
    references=("resnet_course.blocks.BasicBlock",),
)
