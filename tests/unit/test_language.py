"""Every sentence exists in every language, with the same figures; unknown languages are named."""

from __future__ import annotations

import re
import threading
from typing import Any

import pytest

from resnet_course.cli import main
from resnet_course.language import (
    MESSAGES,
    catalogue,
    course_language,
    current_language,
    find,
    languages,
    message,
    set_language,
    speaking,
)

AREAS = sorted(path.stem for path in (MESSAGES / "en").glob("*.toml") if path.stem != "glossary")


def sentences(table: Any, prefix: str = "") -> dict[str, str]:
    if isinstance(table, str):
        return {prefix: table}
    return {name: text for key, part in table.items() for name, text in sentences(part, f"{prefix}.{key}").items()}


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("language", [code for code in languages() if code != "en"])
def test_languages_have_the_same_messages_with_the_same_figures_and_code(area: str, language: str) -> None:
    english, other = sentences(catalogue("en", area)), sentences(catalogue(language, area))

    assert list(english) == list(other)
    for key, text in english.items():
        for pattern in (r"\{[^}]*\}", r"`[^`]*`"):
            assert sorted(re.findall(pattern, text)) == sorted(re.findall(pattern, other[key])), key


@pytest.mark.parametrize("language", [code for code in languages() if code != "en"])
def test_no_message_is_left_untranslated(language: str) -> None:
    same = {
        f"{area}{key}": text
        for area in AREAS
        for key, text in sentences(catalogue("en", area)).items()
        if text == sentences(catalogue(language, area))[key]
        and len(re.findall(r"\b[a-z]{4,}\b", re.sub(r"`.*?`|\{.*?\}", "", text))) > 2
    }
    # Chains of layer names are the same in every language.
    assert {key: text for key, text in same.items() if "→" not in text} == {}


@pytest.mark.parametrize("language", languages())
def test_messages_keep_to_the_glossary(language: str) -> None:
    avoided = catalogue(language, "glossary")["avoid"]
    for area in AREAS:
        for key, text in sentences(catalogue(language, area)).items():
            words = re.sub(r"`[^`]*`|\{[^}]*\}", "", text)
            for pattern in avoided:
                found = re.search(rf"\b({pattern})\b", words, re.IGNORECASE)
                assert not found, f"{area}{key}: {found and found[0]!r}: {avoided[pattern]}"


def test_a_message_is_filled_with_its_figures() -> None:
    assert message("common.card.attempt", attempt=3) == "attempt 3"


def test_the_language_inside_a_with_block_ends_with_it() -> None:
    with speaking("pt"):
        assert message("common.card.passed") == "Correto"
    assert message("common.card.passed") == "Correct"


@pytest.mark.parametrize(
    ("written", "meant"),
    [("pt-BR", "pt"), ("PT", "pt"), ("pt_BR.UTF-8", "pt"), ("en_US", "en"), ("EN", "en"), (" pt ", "pt"), ("", "en")],
)
def test_a_language_may_be_written_as_systems_and_people_write_it(
    monkeypatch: pytest.MonkeyPatch, written: str, meant: str
) -> None:
    monkeypatch.setenv("COURSE_LANGUAGE", written)
    assert course_language() == meant
    with speaking(written):
        assert current_language() == meant


@pytest.mark.parametrize("command", ["grade 03_basic_block", "check-submission x", "report 03_basic_block", "build"])
def test_the_command_in_an_unknown_language_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    monkeypatch.setenv("COURSE_LANGUAGE", "fr")

    assert main(command.split()) == 1
    assert capsys.readouterr().err == "COURSE_LANGUAGE is 'fr'; the course speaks: en, pt. Set it to one of these.\n"


def test_an_unknown_language_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match="'klingon'; the course speaks: en, pt"):
        set_language("klingon")


def test_an_unknown_course_language_lists_the_known_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_LANGUAGE", "klingon")
    with pytest.raises(ValueError, match="COURSE_LANGUAGE is 'klingon'; the course speaks: en, pt"):
        course_language()


def test_a_missing_message_is_named() -> None:
    with pytest.raises(KeyError, match=r"common\.card\.absent"):
        find("common.card.absent")


def test_each_thread_speaks_its_own_language() -> None:
    """A Dask worker grades a Portuguese and an English notebook at the same time."""
    together = threading.Barrier(2)
    heard: dict[str, set[str]] = {code: set() for code in ("en", "pt")}

    def speak(code: str) -> None:
        for _ in range(100):
            with speaking(code):
                together.wait(10)
                heard[code].add(current_language())

    threads = [threading.Thread(target=speak, args=(code,)) for code in heard]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert heard == {"en": {"en"}, "pt": {"pt"}}


def test_a_language_set_while_speaking_lasts_as_long_as_the_speaking() -> None:
    with speaking("en"):
        with speaking("pt"):
            set_language("en")
            assert current_language() == "en"
        assert current_language() == "en"
        set_language("pt")
        assert current_language() == "pt"


def test_a_language_that_is_set_is_that_of_all_threads() -> None:
    """In a notebook the setup cell sets it, and each cell runs in a context of its own."""
    import contextvars

    from resnet_course import language

    before = language._chosen
    heard: list[str] = []
    try:
        contextvars.Context().run(set_language, "pt")
        thread = threading.Thread(target=lambda: heard.append(current_language()))
        thread.start()
        thread.join()
        heard.append(contextvars.Context().run(current_language))
    finally:
        language._chosen = before

    assert heard == ["pt", "pt"]
