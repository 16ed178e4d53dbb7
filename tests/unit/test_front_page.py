"""The READMEs: their pictures show the course as it is now, and what they say of it is counted."""

from __future__ import annotations

import dataclasses
import re
import sys
from functools import cache
from pathlib import Path

import pytest
from kernel import ROOT
from PIL import Image

from resnet_course.authoring import front
from resnet_course.language import languages, message, number, speaking
from resnet_course.lessons import read_lessons
from resnet_course.release import repository

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

KILOBYTES = 150
made = cache(lambda: front.pictures(ROOT))


@cache
def readme(language: str) -> str:
    return front.readmes(ROOT)[language].read_text(encoding="utf-8")


def shown(language: str) -> list[str]:
    """Return the pictures of a README."""
    text = readme(language)
    return re.findall(rf'(?:src="|\]\()({front.FOLDER}/[^")]+)', text)


def test_every_language_has_a_readme_of_fewer_than_120_lines() -> None:
    assert list(front.readmes(ROOT)) == list(languages())
    assert [language for language in languages() if len(readme(language).splitlines()) >= 120] == []


def test_no_picture_is_stale() -> None:
    assert front.stale(ROOT, made()) == [], "run `make pictures`"


def test_a_picture_of_what_is_there_no_more_is_stale() -> None:
    changed = {path: dataclasses.replace(each, source=each.source + " ") for path, each in made().items()}

    assert front.stale(ROOT, changed) == list(changed)


def test_a_picture_that_is_missing_is_stale(tmp_path: Path) -> None:
    assert front.stale(tmp_path, made()) == list(made())


@pytest.mark.parametrize("language", languages())
def test_a_readme_shows_the_pictures_of_its_language_with_their_alt_texts(language: str) -> None:
    of_all_or_its_own = {path for path in made() if path.count("/") == 2 or f"/{language}/" in path}

    assert sorted(shown(language)) == sorted(of_all_or_its_own)
    assert front.with_alt_texts(readme(language), made()) == readme(language), "run `make pictures`"


def test_there_are_no_other_pictures_and_none_is_large() -> None:
    files = [path for path in (ROOT / front.FOLDER).rglob("*") if path.is_file()]

    assert {path.relative_to(ROOT).as_posix() for path in files} == set(made())
    assert [path.name for path in files if path.stat().st_size >= KILOBYTES * 1000] == []


@pytest.mark.parametrize(
    "path", sorted((ROOT / front.FOLDER).rglob("*.png")), ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_a_picture_has_a_light_background_of_its_own(path: Path) -> None:
    with Image.open(path) as image:
        assert "transparency" not in image.info
        rgb = image.convert("RGB")
        edge = {rgb.getpixel((x, y)) for x in (0, rgb.width - 1) for y in (0, rgb.height - 1)}

    assert min(min(colour) for colour in edge) > 250


def test_the_failed_card_and_the_passed_one_are_of_one_answer() -> None:
    alts = {name: made()[f"{front.FOLDER}/en/{name}.png"].alt for name in front.ENDINGS}

    with speaking("en"):
        assert message("common.card.not-yet") in alts["not-yet"]
        assert message("common.card.passed") in alts["passed"]
    assert all(front.EXERCISE in alt for alt in alts.values())


@pytest.mark.parametrize("language", languages())
def test_a_readme_says_how_much_there_is_to_do(language: str) -> None:
    with speaking(language):
        lessons = read_lessons()
        lines = readme(language).splitlines()
        for lesson, facts in lessons.items():
            demands = message(
                "00_start_here.links.demands", exercises=len(facts["exercises"]), minutes=facts["minutes"]
            )
            (line,) = (each for each in lines if f"[{facts['number']} · {facts['name']}]" in each)
            assert demands in line
            assert f"notebooks/{language}/{lesson}/{lesson}.ipynb" in line
            assert f"{front.FOLDER}/{lesson}.svg" in line
        hours = round(sum(facts["minutes"] for facts in lessons.values()) / 60)
        exercises = sum(len(facts["exercises"]) for facts in lessons.values())
        said = {
            "en": f"{len(lessons)} lessons, {exercises} exercises, about {hours} hours",
            "pt": f"{len(lessons)} lições, {exercises} exercícios, cerca de {hours} horas",
        }

    assert said[language] in readme(language)


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize(("bank", "step"), [("wrong_answers", 100), ("right_answers", 10)])
def test_a_readme_says_how_many_answers_the_checks_are_tried_on(bank: str, step: int, language: str) -> None:
    answers = sum(1 for _ in (ROOT / "tests" / bank).rglob("*.py"))
    with speaking(language):
        rounded = number(answers // step * step, ",")

    assert f" {rounded} " in " ".join(readme(language).split())


@pytest.mark.parametrize("language", languages())
def test_a_badge_is_of_a_workflow_or_of_what_pyproject_says(language: str) -> None:
    line = next(each for each in readme(language).splitlines() if each.startswith("[!["))
    badges = re.findall(r"\[!\[([^\]]*)\]\(([^)]*)\)\]\(([^)]*)\)", line)
    names = {}
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        (names[path.name],) = re.findall(r"^name: (.*)$", path.read_text(), re.MULTILINE)

    for alt, image, target in badges:
        if image.startswith(front.FOLDER):
            assert made()[image].alt == alt
            assert (ROOT / target).is_file()
        else:
            assert image == f"{target}/badge.svg"
            address, _, file = target.rpartition("/")
            assert address == f"{repository()}/actions/workflows"
            assert names[file] == alt


def test_the_badges_drawn_here_say_what_pyproject_says() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert made()[f"{front.FOLDER}/python.svg"].alt == f"Python {project['requires-python'].replace('>=', '≥ ')}"
    assert all(
        part.split("-")[0] in made()[f"{front.FOLDER}/licence.svg"].alt for part in project["license"].split(" AND ")
    )
