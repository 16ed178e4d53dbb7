"""How many small changes of the solved answers the checks reject, and how many of these with a card of their own."""

from __future__ import annotations

import sys
from pathlib import Path

from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).parents[1] / "mutants"))

from mutate import mutants
from solved_lesson import answer_of, verdict_of
from test_mutants import ALL, SECONDS, equivalents

# Cards that say no more than that something is wrong, or pass on an error.
GENERIC = ("numbers-differ", "raised", "raised-outside", "numbers-differ-strided", "output-differs", "no-observation")


def test_mutants() -> None:
    made = broken = named = known = 0
    for check in tqdm(ALL, unit="exercise"):
        known += len(equivalents(check))
        for mutant in mutants(answer_of(check)):
            verdict = verdict_of(check, mutant.source, SECONDS)
            made += 1
            broken += verdict is None
            named += verdict is not None and not verdict.passed and verdict.key not in GENERIC
    rejected = made - known
    print(f"\n{made} mutants: {rejected} rejected, {known} as right as the original")
    print(f"of the rejected, {named} ({named / rejected:.0%}) get a card of their own, {broken} stop before the check")
