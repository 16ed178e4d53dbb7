"""What every check keeps to, whatever exercise it is for."""

from __future__ import annotations

import ast
import contextlib
import html
import inspect
import itertools
import math
import re
import signal
import sys
import time
import warnings
from dataclasses import replace
from functools import cache, partial
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from answers import REFERENCE
from kernel import ROOT, released
from torch import Tensor, nn

from resnet_course import blocks, checks
from resnet_course.checks import card, judging
from resnet_course.checks.card import CheckFailed
from resnet_course.checks.check import Check, earlier_fault
from resnet_course.checks.judging import Fault, Verdict
from resnet_course.checks.lesson_01_vanishing_gradient.gradient_norms import is_rounded
from resnet_course.checks.lesson_03_basic_block.basic_block import BASIC_BLOCK
from resnet_course.checks.lesson_04_bottleneck.bottleneck import BOTTLENECK
from resnet_course.checks.lesson_07_width_and_cardinality.resnext_block import RESNEXT
from resnet_course.checks.lesson_08_identity_mappings.pre_activation import PRE_ACTIVATION
from resnet_course.checks.observing import fingerprint, is_plain, neutral_torch, watch
from resnet_course.checks.residual_blocks.kinds import BlockKind, block_inputs
from resnet_course.checks.residual_blocks.making import judge_convolution_start
from resnet_course.checks.residual_blocks.simulate import mistakes_of, simulate
from resnet_course.checks.shown import first_lines
from resnet_course.grading import grade
from resnet_course.language import MESSAGES, catalogue, find, languages, message, speaking

KINDS = [BASIC_BLOCK, BOTTLENECK, RESNEXT, PRE_ACTIVATION]
# What the package has is called otherwise than their answers are.
OTHER_CALLS = {"diagnose-curves", "conv-cost", "wrn-channels", "add-or-concatenate"}
ALL = [made for lesson_id in checks.LESSONS for made in checks.of_lesson(lesson_id)]


def verdict(made: Check, *answers: object, seed: int = 3) -> Verdict:
    inputs = made.inputs(seed)
    return made.conclude(made.watch(answers, inputs)[0], inputs)


@pytest.mark.parametrize("made", ALL, ids=lambda made: made.grade_id)
@pytest.mark.parametrize("seed", range(5))
def test_the_reference_passes_with_any_seed(made: Check, seed: int) -> None:
    assert verdict(made, *REFERENCE[made.grade_id], seed=seed).key == "passed"


@pytest.mark.parametrize("made", ALL, ids=lambda made: made.grade_id)
def test_inputs_and_observations_are_plain_data(made: Check) -> None:
    inputs = made.inputs(0)

    assert is_plain(inputs)
    assert is_plain(made.watch(REFERENCE[made.grade_id], inputs)[0])
    assert is_plain(made.watch(("nonsense",) * len(made.answers), inputs)[0])


@pytest.mark.parametrize("made", ALL, ids=lambda made: made.grade_id)
@pytest.mark.parametrize("nonsense", [None, "a string", 3.5, [], nn.ReLU(), Tensor, int, lambda *_: None, print])
def test_nonsense_gets_a_verdict_never_an_error(made: Check, nonsense: object) -> None:
    found = verdict(made, *(nonsense,) * len(made.answers))

    assert not found.passed
    assert found.key != "internal"


ODD = {
    "huge": 10**400,
    "too long to print": 10**5000,
    "nan": math.nan,
    "inf": math.inf,
    "complex": 2 + 1j,
    "NumPy's": np.float64(0.25),
    "NumPy's truth": np.bool_(True),
    "tensor": torch.tensor(0.25),
    "a number of tensors": torch.ones(3),
    "list": [0.25],
    "dots": ...,
    "words": "as it was",
    "truth": True,
}


@pytest.mark.parametrize("made", ALL, ids=lambda made: made.grade_id)
@pytest.mark.parametrize("odd", ODD.values(), ids=ODD)
def test_odd_values_get_a_verdict_never_an_error_wherever_they_stand(made: Check, odd: object) -> None:
    for returned in (lambda *_, **named: odd, lambda *_, **named: (odd, odd)):
        assert verdict(made, *(returned,) * len(made.answers)).key != "internal"
    for answer in (odd, {odd: odd} if odd.__hash__ else {}):
        found = verdict(made, *(answer,) * len(made.answers))
        assert not found.passed
        assert found.key not in ("internal", "raised-outside")


@pytest.mark.parametrize("made", ALL, ids=lambda made: made.grade_id)
def test_inputs_differ_with_the_seed_and_repeat_with_it(made: Check) -> None:
    assert fingerprint(made.inputs(1)) == fingerprint(made.inputs(1)) != fingerprint(made.inputs(2))


def test_a_rounded_norm_is_known_as_one_also_where_the_last_digit_decides_which_way_it_is_rounded() -> None:
    assert is_rounded({"a": 0.1235}, {"a": 0.12344999}, partial(round, ndigits=4))
    assert not is_rounded({"a": 0.1235}, {"a": 0.12344}, partial(round, ndigits=4))


def test_judging_runs_none_of_the_learners_code() -> None:
    calls = []

    class Spy(blocks.BasicBlock):
        def forward(self, x: Tensor) -> Tensor:
            calls.append(1)
            return super().forward(x)

    inputs = checks.basic_block.inputs(0)
    observation, _ = checks.basic_block.watch((Spy,), inputs)
    ran = len(calls)
    checks.basic_block.conclude(observation, inputs)

    assert len(calls) == ran > 0


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_known_mistake_gives_numbers_of_its_own(kind: BlockKind) -> None:
    inputs = block_inputs(kind, 0)

    def outputs(choices: dict[str, Any]) -> list[np.ndarray]:
        found = []
        for setting in inputs.values():
            try:
                found.append(simulate(kind, setting, **choices).numpy())
            except RuntimeError:
                found.append(np.empty(0))
        return found

    every = [("right", outputs({})), *((key, outputs(choices)) for key, choices in mistakes_of(kind))]
    # A Bottleneck cannot normalise before its convolutions and keep its shapes: other means tell that.
    possible = [(key, found) for key, found in every if any(each.size for each in found)]
    for (first, ours), (second, theirs) in itertools.combinations(possible, 2):
        pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if a.size and b.size]
        assert not all(judging.close(a, b) for a, b in pairs), f"{first} and {second} give the same numbers"


def test_every_common_fault_has_a_message_and_every_common_message_a_fault() -> None:
    assert set(catalogue("en", "common")["faults"]) == judging.COMMON | grade.FAULTS


def test_a_common_fault_that_is_not_declared_is_refused() -> None:
    with pytest.raises(KeyError, match="no-such-fault"):
        judging.common("no-such-fault")


@pytest.mark.parametrize("place", ["", "common", "blocks", "shortcut"])
def test_a_fault_without_a_message_is_a_bug_of_ours(place: str) -> None:
    def judge(observation: Any, inputs: Any) -> None:
        raise Fault("no-such-fault", place or None)

    assert verdict(replace(checks.conv3x3, judge=judge), blocks.conv3x3).key == "internal"


def test_editors_are_told_where_every_check_is() -> None:
    """mypy and editors read the imports that never run; they must name every check."""
    imports = [node for node in ast.walk(ast.parse(inspect.getsource(checks))) if isinstance(node, ast.ImportFrom)]
    told = {alias.asname: f"{node.module}.{alias.name}" for node in imports for alias in node.names if alias.asname}

    assert told == {name: f"{module_of(made)}.{name}" for made in ALL for name in [checks.attribute(made.grade_id)]}


def module_of(made: Check) -> str:
    return f"resnet_course.checks.lesson_{made.lesson}.{checks.attribute(made.grade_id)}"


def test_no_lesson_imports_another_lessons_checks() -> None:
    for made in ALL:
        source = inspect.getsource(import_module(module_of(made)))
        others = {name for name in re.findall(r"checks\.(lesson_\w+)", source) if name != f"lesson_{made.lesson}"}
        assert others == set(), made.grade_id


@pytest.mark.parametrize("made", ALL, ids=lambda made: made.grade_id)
def test_the_first_reference_of_a_check_passes_it(made: Check) -> None:
    if made.references and made.grade_id not in OTHER_CALLS:
        module, _, name = made.references[0].rpartition(".")
        reference = getattr(import_module(module), name)
        assert verdict(made, *(reference,) * len(made.answers)).passed


def test_a_setting_left_behind_by_the_learner_costs_nothing_and_stays_theirs() -> None:
    torch.set_default_dtype(torch.float64)
    torch.set_grad_enabled(False)
    try:
        assert verdict(checks.basic_block, blocks.BasicBlock).passed
        assert torch.get_default_dtype() == torch.float64
        assert not torch.is_grad_enabled()
    finally:
        torch.set_default_dtype(torch.float32)
        torch.set_grad_enabled(True)


def _set(stack: contextlib.ExitStack, setting: Any, changed: Any, before: Any) -> None:
    stack.callback(setting, before)
    setting(changed)


LEFT_OVER = {
    "dtype": lambda stack: (
        torch.set_default_dtype(torch.float64),
        stack.callback(torch.set_default_dtype, torch.float32),
    ),
    "device": lambda stack: (torch.set_default_device("meta"), stack.callback(torch.set_default_device, None)),
    "inference": lambda stack: stack.enter_context(torch.inference_mode()),
    "no-grad": lambda stack: stack.enter_context(torch.no_grad()),
    "autocast": lambda stack: stack.enter_context(torch.autocast("cpu", dtype=torch.bfloat16)),
}


@pytest.mark.parametrize("change", LEFT_OVER.values(), ids=LEFT_OVER)
@pytest.mark.parametrize("made", ALL, ids=lambda made: made.grade_id)
def test_inputs_are_the_same_whatever_a_cell_left_behind(made: Check, change: Any) -> None:
    wanted = made.inputs(3)
    with contextlib.ExitStack() as stack:
        change(stack)
        found = made.inputs(3)

    assert fingerprint(found) == fingerprint(wanted)


@pytest.mark.parametrize("change", LEFT_OVER.values(), ids=LEFT_OVER)
def test_what_a_cell_left_behind_costs_a_right_answer_nothing(change: Any) -> None:
    with contextlib.ExitStack() as stack:
        change(stack)
        assert verdict(checks.basic_block, blocks.BasicBlock).passed


def test_a_check_leaves_the_random_state_alone() -> None:
    torch.manual_seed(0)
    wanted = torch.rand(3)
    torch.manual_seed(0)
    verdict(checks.basic_block, blocks.BasicBlock)

    assert torch.equal(torch.rand(3), wanted)


def test_neutral_torch_starts_from_the_seed() -> None:
    with neutral_torch(5):
        first = torch.rand(2)
    with neutral_torch(5):
        assert torch.equal(torch.rand(2), first)


def test_warnings_and_prints_of_the_learner_are_kept_apart(capfd: pytest.CaptureFixture[str]) -> None:
    def observe(answer: Any, inputs: Any) -> Any:
        print("shape", 3)
        print("to stderr", file=sys.stderr)
        warnings.warn("careful", stacklevel=1)
        return {}

    _, printed = watch(observe, (None,), {}, seed=0, seconds=5)

    assert printed == "shape 3\n"
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("wait", ["loop", "sleep", "swallow"])
def test_an_endless_answer_is_stopped(wait: str) -> None:
    def observe(answer: Any, inputs: Any) -> Any:
        if wait == "sleep":
            time.sleep(60)
        while wait == "loop":
            pass
        while True:
            try:
                time.sleep(0.01)
            except Exception:
                continue

    began = time.perf_counter()
    observation, _ = watch(observe, (None,), {}, seed=0, seconds=0.3)

    assert observation == {"time_limit": 0.3}
    assert time.perf_counter() - began < 5


def test_an_endless_answer_is_stopped_where_interrupts_are_ignored() -> None:
    def observe(answer: Any, inputs: Any) -> Any:
        while True:
            pass

    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as in what a shell starts in the background
    try:
        observation, _ = watch(observe, (None,), {}, seed=0, seconds=0.2)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)

    assert observation == {"time_limit": 0.2}


def test_a_learners_own_interrupt_still_interrupts() -> None:
    def observe(answer: Any, inputs: Any) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        watch(observe, (None,), {}, seed=0, seconds=5)


MAKERS = [checks.deep_mlp, checks.make_layer, checks.pretrained_resnet]


@pytest.mark.parametrize("made", MAKERS, ids=lambda made: made.grade_id)
def test_what_keeps_its_nets_is_told_so_however_often_it_is_checked(made: Check) -> None:
    (answer,) = REFERENCE[made.grade_id]
    kept = cache(answer)

    assert [verdict(made, kept).key for _ in range(2)] == ["kept-between-calls"] * 2


def test_a_bug_of_ours_is_called_ours() -> None:
    def judge(observation: Any, inputs: Any) -> Verdict:
        raise IndexError("list index out of range")

    assert verdict(replace(checks.conv3x3, judge=judge), blocks.conv3x3).key == "internal"


NEEDS = """
def conv3x3(in_planes, out_planes, stride=1):
    {body}

class BasicBlock(Course):
    def __init__(self, inplanes, planes, stride=1, downsample=None):
        super().__init__(inplanes, planes, stride, downsample)
        self.conv1 = conv3x3(inplanes, planes, stride)
        self.conv2 = conv3x3(planes, planes)
"""


def block_that_uses(body: str) -> Any:
    namespace: dict[str, Any] = {"Course": blocks.BasicBlock, "nn": nn, "__name__": "__main__"}
    exec(NEEDS.format(body=body), namespace)
    return namespace["BasicBlock"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("raise NotImplementedError()", "unsolved"),
        ("return nn.Conv2d(in_planes, out_planes, 3, stride, 1)", "bias"),
    ],
)
@pytest.mark.parametrize("language", languages())
def test_an_answer_that_uses_a_wrong_one_is_not_blamed_for_it(body: str, said: str, language: str) -> None:
    with speaking(language), pytest.raises(CheckFailed) as caught:
        checks.basic_block(block_that_uses(body))
    place = "common.faults" if said == "unsolved" else "03_basic_block.checks.conv3x3"

    assert find_in(language, f"{place}.{said}.title") in str(caught.value)
    assert "`conv3x3`" in str(caught.value)
    assert find_in(language, "common.faults.unsolved.cause") not in str(caught.value)


def find_in(language: str, key: str) -> str:
    with speaking(language):
        return str(find(key))


def test_an_answer_that_is_wrong_itself_is_told_so_where_what_it_uses_is_right() -> None:
    wrong = block_that_uses("return nn.Conv2d(in_planes, out_planes, 3, stride, 1, bias=False)")
    wrong.expansion = 4
    with pytest.raises(CheckFailed, match="expansion"):
        checks.basic_block(wrong)


@pytest.mark.parametrize("language", languages())
def test_a_card_that_says_no_leads_to_a_form_that_it_fills_in(language: str) -> None:
    raised = {"type": "ValueError", "message": "no", "lines": [{"line": 1, "function": "f", "code": "secret = 1"}]}
    figures = {"error": "ValueError", "text": "no", "function": "f", "line": 1, "code": "secret = 1", "meant": ""}
    verdict = Verdict("raised", figures, "common")
    with speaking(language):
        made = card.make_card(checks.basic_block, verdict, {"raised": raised}, tries=1)
        passed = card.make_card(checks.basic_block, Verdict("passed"), {}, tries=1)
        waiting = card.make_card(checks.basic_block, Verdict("unsolved", {}, "common"), {}, tries=1)
    address = urlsplit(made.report)
    filled_in = {name: value for name, [value] in parse_qs(address.query).items()}
    form = filled_in.pop("template")

    text = (ROOT / ".github" / "ISSUE_TEMPLATE" / form).read_text(encoding="utf-8")
    assert set(filled_in) <= set(re.findall(r"^    id: (\S+)$", text, re.MULTILINE))
    assert filled_in["language"] == language
    assert (filled_in["lesson"], filled_in["exercise"]) == ("03_basic_block", "basic-block")
    assert filled_in["key"] == "raised"
    assert made.title in filled_in["card"] and "secret" not in made.report
    assert len(made.report) < 4000
    assert html.escape(made.report) in made.html() and made.report not in made.text()
    assert passed.report == waiting.report == ""


@pytest.mark.parametrize("key", [key for key in catalogue("en", "common")["faults"] if key.startswith("slip-")])
def test_a_slip_of_the_pen_is_not_quoted_in_the_form(key: str) -> None:
    made = card.make_card(
        checks.basic_block, Verdict(key, {"line": 1, "code": "secret = 1", "meant": "it"}, "common"), {}, tries=1
    )

    assert "secret" in made.text()
    assert "secret" not in made.report and "card=" in made.report


def test_a_card_links_to_the_exercise_that_it_names() -> None:
    verdict = earlier_fault(checks.conv3x3, Verdict("bias", {"call": "conv3x3(3, 5)", "size": 5})).verdict
    made = card.make_card(checks.basic_block, verdict, {}, tries=1)

    assert '<a href="#Exercise-1-·-conv3x3">Exercise 1 · conv3x3</a>' in made.html()
    assert "Exercise 1 · conv3x3 comes first" in made.text()
    assert "#Exercise" not in made.text()


def can_be_used(made: Check) -> bool:
    """Tell whether a later answer may use the answer to this exercise: it is one function or class of a lesson."""
    one, *more = REFERENCE[made.grade_id]
    later = checks.LESSONS[made.lesson][checks.LESSONS[made.lesson].index(made.grade_id) + 1 :]
    return callable(one) and not more and later not in ((), ("trade-off",))  # which uses no other answer


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("made", [each for each in ALL if can_be_used(each)], ids=lambda made: made.grade_id)
def test_the_heading_that_a_link_leads_to_stands_in_the_lesson(made: Check, language: str) -> None:
    number = checks.LESSONS[made.lesson].index(made.grade_id) + 1
    with speaking(language):
        link = message("common.card.exercise-link", number=number, name=made.answers[0])
    texts = [cell.source for cell in released(made.lesson, language).cells if cell.cell_type == "markdown"]
    headings = re.findall(r"^#+ (.+)$", "\n".join(texts), re.MULTILINE)

    # JupyterLab's anchor of a heading is its text with hyphens for spaces.
    anchors = {heading.replace("`", "").replace(" ", "-") for heading in headings}
    assert link[link.index("#") + 1 : -1] in anchors


def test_too_few_objects_are_asked_for_by_name() -> None:
    found = verdict(checks.find_the_bug, blocks.BasicBlock)

    assert (found.key, found.figures["call"]) == ("call", "checks.find_the_bug(BlockA, BlockB, BlockC)")


class Plain(blocks.BasicBlock):
    strength = 0.0

    def forward(self, x: Tensor) -> Tensor:
        identity = x if self.downsample is None else self.downsample(x)
        branch = self.bn2(self.conv2(self.bn1(self.conv1(x)).relu()))
        return (branch + self.strength * identity).relu()


def wrong(strength: float) -> type[nn.Module]:
    return type("BasicBlock", (Plain,), {"strength": strength})


def failed(answer: object) -> str:
    with pytest.raises(CheckFailed) as caught:
        checks.basic_block(answer)
    return str(caught.value)


def test_the_message_names_the_misconception_in_the_learners_language() -> None:
    assert "The shortcut never reaches the output" in failed(wrong(0))
    with speaking("pt"):
        title = find("blocks.no-shortcut")["title"]
        assert title in failed(wrong(0))


def test_the_same_answer_checked_again_is_the_same_try() -> None:
    failed(wrong(0))
    failed(wrong(0))
    assert "attempt" not in failed(wrong(0))
    assert "attempt 2" in failed(wrong(-1))


def test_after_three_different_answers_the_card_points_to_the_solved_cell() -> None:
    for strength in (0, -1):
        assert "solutions/en/03_basic_block" not in failed(wrong(strength))
    last = failed(wrong(2))

    assert "solutions/en/03_basic_block/03_basic_block.ipynb" in last
    assert "`basic-block`" in last


def test_a_card_holds_a_long_text_without_its_middle() -> None:
    text = f"begins {'x' * 10**6} ends"
    raised = {"stage": "forward", "type": text, "message": text, "lines": [], "module": "", "meant": ""}
    figures = {"error": text, "text": text, "function": text, "line": 1, "code": text, "meant": ""}
    verdict = Verdict("raised", figures, "common")
    made = card.make_card(checks.basic_block, verdict, {"raised": {**raised, "lines": [figures] * 3}}, tries=1)

    assert "begins" in made.text()
    assert "ends" in made.text()
    assert len(made.html()) < 20_000
    assert len(first_lines(text)) < 2_000


@pytest.mark.parametrize("text", ['[x](#"/onmouseover=alert`1`)', 'https://example.org/"onmouseover=alert`1`'])
def test_a_learners_text_on_a_card_opens_no_attribute(text: str) -> None:
    verdict = Verdict(
        "raised", {"error": "E", "text": text, "function": "f", "line": 1, "code": "", "meant": ""}, "common"
    )
    made = card.make_card(checks.basic_block, verdict, {}, tries=1).html()

    attributes = {name for each in ElementTree.fromstring(made).iter() for name in each.attrib}
    assert attributes <= {"href", "lang", "style"}


def test_untouched_exercises_are_no_tries() -> None:
    class Untouched(nn.Module):
        def __init__(self, *_: object) -> None:
            raise NotImplementedError

    for _ in range(4):
        assert "waiting for your code" in failed(Untouched)
    assert "attempt" not in failed(wrong(0))


def test_a_pass_forgets_the_tries() -> None:
    for strength in (0, -1, 2):
        failed(wrong(strength))
    checks.basic_block(blocks.BasicBlock)

    assert "solutions/en" not in failed(wrong(0))


def test_a_repaired_part_begins_the_count_anew() -> None:
    def repairs(*blocks_given: object) -> str:
        with pytest.raises(CheckFailed) as caught:
            checks.find_the_bug(*blocks_given)
        return str(caught.value)

    right = blocks.BasicBlock
    repairs(wrong(0), right, right)
    assert "attempt 2" in repairs(wrong(-1), right, right)
    assert "attempt" not in repairs(right, wrong(0), right)


def test_the_learners_own_lines_are_shown_and_ours_are_not() -> None:
    class BasicBlock(blocks.BasicBlock):
        def forward(self, x: Tensor) -> Tensor:
            return self.conv_1(x)  # type: ignore[no-any-return]

    text = failed(BasicBlock)

    assert "return self.conv_1(x)" in text
    assert "AttributeError" in text
    assert "resnet_course/" not in text


def test_a_failed_check_renders_as_one_line_without_our_traceback() -> None:
    with pytest.raises(CheckFailed) as caught:
        checks.basic_block(wrong(0))

    assert caught.value._render_traceback_() == ["basic-block: not yet. The card above says why."]


def test_a_card_escapes_what_the_learner_wrote() -> None:
    made = card.Card("not-yet", "Not yet", "`<b>` & co", [("Seen", "<script>alert(1)</script>")], ["<i>line</i>"])

    assert "<script>" not in made.html()
    assert "<code>&lt;b&gt;</code> &amp; co" in made.html()
    assert "&lt;i&gt;line" in made.html()


@pytest.mark.parametrize("state", card.STATES)
def test_a_card_says_its_language_and_its_heading_can_be_read_on_every_page(state: str) -> None:
    with speaking("pt"):
        shown = card.Card(state, "Título", "").html()
    colour = card.STATES[state][1]

    assert shown.startswith('<div lang="pt"')
    assert f"background-color:{colour};color:#fff" in shown
    assert contrast(colour, "#FFFFFF") >= 4.5


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, as WCAG 2 defines it."""

    def luminance(color: str) -> float:
        parts = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
        red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_a_card_shows_italics_and_leaves_the_asterisks_of_code() -> None:
    made = card.Card("not-yet", "Not yet", "The *first* one", [("Seen", "`a * b` and *max pool*, `c * d`; 2 * 3 * 4")])

    assert "The <i>first</i> one" in made.html()
    assert "<code>a * b</code> and <i>max pool</i>, <code>c * d</code>; 2 * 3 * 4" in made.html()
    assert made.text() == "Not yet: The first one\n  Seen: `a * b` and max pool, `c * d`; 2 * 3 * 4"


def test_figures_have_the_marks_of_the_language() -> None:
    with speaking("pt"):
        figures = judging.worst(np.array([0.5, 1.25]), np.array([0.5, 3.0]))

    assert (figures["seen"], figures["wanted"], figures["difference"]) == ("1,25", "3", "1,75")


def test_figures_of_two_nearly_equal_numbers_differ() -> None:
    figures = judging.worst(np.array([10.41001]), np.array([10.41002]))

    assert figures["seen"] != figures["wanted"]


def test_an_unknown_check_lists_the_known_ones() -> None:
    with pytest.raises(AttributeError, match="basic_block"):
        checks.basic_blok  # noqa: B018


def test_plain_data_excludes_tensors_and_objects() -> None:
    assert is_plain({"a": [1, 2.0, "x", None, np.zeros(2)]})
    assert not is_plain({"a": torch.zeros(1)})
    assert not is_plain(np.array([object()]))
    assert is_plain(math.pi)


def test_messages_live_where_the_checks_look() -> None:
    for lesson_id in checks.LESSONS:
        assert (MESSAGES / "en" / f"{lesson_id}.toml").is_file()


def test_a_few_weights_may_well_be_drawn_on_one_side_of_0() -> None:
    few = np.linspace(0.1, 0.57, 15).reshape(5, 3, 1, 1)  # once in some ten thousand draws
    many = np.abs(np.random.default_rng(0).uniform(-0.2, 0.2, (5, 3, 3, 3)))

    judge_convolution_start("downsample.0.weight", few, Fault)
    with pytest.raises(Fault, match="weights-start"):
        judge_convolution_start("conv1.weight", many, Fault)
