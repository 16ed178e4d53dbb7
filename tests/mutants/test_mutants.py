"""Every solved answer with one small change: rejected, or in the list of those that are right as well."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from kernel import ROOT
from mutate import mutants
from solved_lesson import answer_of, verdict_of

from resnet_course import checks
from resnet_course.checks.check import Check

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EQUIVALENT = Path(__file__).with_name("equivalent.toml")
ALL = [check for lesson in checks.LESSONS for check in checks.of_lesson(lesson)]
SECONDS = 2.0  # no right answer takes so long, on a busy machine either


def equivalents(check: Check) -> dict[str, str]:
    """Return the changes after which an answer is still right, each with its reason."""
    with EQUIVALENT.open("rb") as file:
        return dict(tomllib.load(file).get(check.grade_id, {}))


@pytest.mark.parametrize("check", ALL, ids=lambda check: check.grade_id)
def test_every_mutant_is_rejected_or_known_to_be_right(check: Check) -> None:
    every = mutants(answer_of(check))
    accepted = {each.change for each in every if survives(check, each.source)}

    assert len(every) >= 4
    assert accepted == set(equivalents(check))


def survives(check: Check, source: str) -> bool:
    verdict = verdict_of(check, source, SECONDS)
    return verdict is not None and verdict.passed


def test_every_equivalent_mutant_has_a_reason() -> None:
    assert [reason for check in ALL for reason in equivalents(check).values() if len(reason) < 15] == []


@pytest.mark.parametrize("readme", ["README.md", "README.pt-BR.md"])
def test_the_readmes_say_how_many_there_are(readme: str) -> None:
    made = sum(len(mutants(answer_of(check))) for check in ALL)
    equivalent = sum(len(equivalents(check)) for check in ALL)
    text = (ROOT / readme).read_text(encoding="utf-8")

    counts = {"mutants": made, "rejected": made - equivalent, "equivalent": equivalent}
    assert {what: count for what, count in counts.items() if f" {count} " not in text} == {}, f"to be said in {readme}"
