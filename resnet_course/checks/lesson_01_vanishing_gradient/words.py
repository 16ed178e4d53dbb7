"""Answers that are a dict with a word for each name, in place of dots: what the prophecy and the diagnoses share."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypedDict

from resnet_course.checks.judging import Fault
from resnet_course.checks.observing import kind_of
from resnet_course.language import in_short, meant

LONGEST = 60  # of what stands in place of a word


class Words(TypedDict, total=False):
    """What a learner filled in: a word for each name, "" where none stands yet; or what the answer is if no dict."""

    not_a_dict: str
    said: dict[str, str]


def describe_words(answer: object) -> Words:
    """Return the words of a dict."""
    if not isinstance(answer, dict):
        return {"not_a_dict": kind_of(answer)}
    return {
        "said": {
            name if isinstance(name, str) else in_short(name): describe_word(word) for name, word in answer.items()
        }
    }


def describe_word(word: object) -> str:
    """Return a word, "" where dots stand yet, or what stands there instead."""
    if isinstance(word, str):
        return word.strip()
    if word is ... or word is None:
        return ""
    shown = f"{in_short(word)} ({kind_of(word)})"
    return shown if len(shown) <= LONGEST else kind_of(word)


def judge_words(seen: Words, names: Collection[str], known: Collection[str]) -> dict[str, str]:
    """Ask for one of the known words, in any language, for every name, and for no other names; return these words."""
    if "not_a_dict" in seen:
        raise Fault("not-a-dict", type=seen["not_a_dict"])
    said = seen["said"]
    if set(said) != set(names):
        raise Fault("keys", given=", ".join(said) or "{}", wanted=", ".join(names))
    empty = [name for name in names if not said[name]]
    if len(empty) == len(said):
        raise Fault("unsolved")
    if empty:
        raise Fault("unfilled", names=", ".join(empty))
    words = {name: meant(said[name], known) for name in said}
    for name, word in words.items():
        if word is None:
            raise Fault("unknown-word", name=name, word=said[name], known=", ".join(known))
    return {name: word for name, word in words.items() if word}
