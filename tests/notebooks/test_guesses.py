"""An experiment whose guess is missing says so at once, in every lesson, instead of training first."""

from __future__ import annotations

import re
import statistics
import time
from pathlib import Path

import pytest
from kernel import ROOT, kernel, says

from resnet_course.authoring.script import read_lesson, stub_of
from resnet_course.authoring.assemble import make_notebook
from resnet_course.language import languages

pytestmark = pytest.mark.notebook

SCRIPTS = sorted((ROOT / "lessons").glob("*.py"))


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_the_sentence_on_a_missing_guess_comes_within_a_second(script: Path, language: str, tmp_path: Path) -> None:
    cells = [each for each in make_notebook(read_lesson(script), language).cells if each.cell_type == "code"]
    begin = [each.id for each in cells].index("setup")
    asked = {found[1]: each.source for each in cells if (found := re.match(r"expect\(\s*(\w+)", each.source))}
    guesses = {name: next(each for each in cells if f"{name} = " in stub_of(each.source)) for name in asked}
    assert {each.id for each in cells if each.id.startswith("predict-")} <= {each.id for each in guesses.values()}
    seconds = []
    with kernel(tmp_path) as learner:
        for each in cells[begin : begin + 2]:  # the setup cell, and the imports
            assert learner.run(each.source).error is None
        learner.run("candidates = {}")  # the one thing that an earlier experiment makes for a guess
        for name, guess in guesses.items():
            learner.run(stub_of(guess.source))
            began = time.perf_counter()
            shown = learner.run(asked[name])
            seconds.append(time.perf_counter() - began)

            assert [each.output_type for each in shown.outputs] == ["error"], shown.text
            assert shown.error is not None
            assert shown.error.ename == "NoPrediction"
            assert says(shown.text, "common.predict.empty", language)
            assert "Traceback" not in shown.text

    print(f"{script.stem} {language}: {1000 * statistics.median(seconds):.0f} ms")
    assert statistics.median(seconds) < 1
