"""An answer that uses a wrong answer to an earlier exercise: the report names the earlier one."""

from __future__ import annotations

import json

import pytest
from corpus import solution
from kernel import ROOT, cell

from resnet_course.grading.batch import grade_all
from resnet_course.grading.graded import Task
from resnet_course.grading.intake import Submission, read_release

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("bank"), pytest.mark.usefixtures("sandboxed")]

LESSON = "03_basic_block"
UNSOLVED = "def conv3x3(in_planes, out_planes, stride=1):\n    raise NotImplementedError()"
BIASED = "def conv3x3(in_planes, out_planes, stride=1):\n    return nn.Conv2d(in_planes, out_planes, 3, stride, 1)"


@pytest.mark.parametrize(("answer", "key"), [(UNSOLVED, "unsolved"), (BIASED, "bias")])
@pytest.mark.parametrize("language", ["en", "pt"])
def test_the_exercise_to_blame_is_named(answer: str, key: str, language: str) -> None:
    made = solution(LESSON, language)
    cell(made, "conv3x3-answer").source = answer
    submission = Submission(json.dumps(made).encode())
    (graded,) = grade_all([Task("ana", submission, read_release(ROOT, LESSON, language))])
    found = {question.grade_id: question for question in graded.questions}

    assert (found["conv3x3"].key, found["basic-block"].key) == (key, "earlier-exercise")
    assert "conv3x3" in found["basic-block"].text
    assert found["shortcut"].passed
