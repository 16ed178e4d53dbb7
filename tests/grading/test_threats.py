"""THREATS.md claims only what a test shows."""

from __future__ import annotations

import re

import pytest
from corpus import CASES
from kernel import ROOT

THREATS = (ROOT / "resnet_course/grading/THREATS.md").read_text(encoding="utf-8")
CLAIMS = re.findall(r"^\| (?!claim|---)(.+?) \| (.+?) \|$", THREATS, re.MULTILINE)
TESTS = {
    name
    for path in (ROOT / "tests").rglob("test_*.py")
    for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
}


@pytest.mark.parametrize(("claim", "shown"), CLAIMS, ids=[claim for claim, _ in CLAIMS])
def test_each_claim_names_tests_that_exist(claim: str, shown: str) -> None:
    named = re.findall(r"`(?:corpus:)?([\w-]+)`", shown)

    assert named, claim
    assert set(named) <= TESTS | {case.name for case in CASES}


def test_the_portuguese_page_claims_the_same() -> None:
    twin = (ROOT / "resnet_course/grading/THREATS.pt-BR.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (?!afirmação|---)(.+?) \| (.+?) \|$", twin, re.MULTILINE)

    assert [shown for _, shown in rows] == [shown for _, shown in CLAIMS]
    for part in (r"^## ", r"^\d\. \*\*", r"^- "):
        assert len(re.findall(part, twin, re.MULTILINE)) == len(re.findall(part, THREATS, re.MULTILINE))


def test_nothing_is_claimed_elsewhere() -> None:
    assert len(CLAIMS) > 25
    assert THREATS.count("| shown by |") == 1
