"""What strangers need: forms that GitHub takes, a citation of this version, line endings that no clone changes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from kernel import ROOT
from programs import GIT, demand

from resnet_course import checks
from resnet_course.authoring.release import read_changelog
from resnet_course.checks import card
from resnet_course.checks.registry import find_check
from resnet_course.release import repository

TEMPLATES = ROOT / ".github" / "ISSUE_TEMPLATE"
FORMS = [path for path in sorted(TEMPLATES.glob("*.yml")) if path.name != "config.yml"]
SCHEMAS = {
    "github-issue-forms": FORMS,
    "github-issue-config": [TEMPLATES / "config.yml"],
    "github-workflows": sorted((ROOT / ".github" / "workflows").glob("*.yml")),
    "citation-file-format": [ROOT / "CITATION.cff"],
}


def complaints(schema: str, *paths: Path) -> list[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", "-o", "json", *paths]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    told = json.loads(done.stdout)
    return [
        f"{each['filename']}: {each['message']}" for each in [*told.get("errors", []), *told.get("parse_errors", [])]
    ]


def form(path: Path) -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return read


@pytest.mark.parametrize("schema", SCHEMAS)
def test_what_github_reads_keeps_to_its_rules(schema: str) -> None:
    assert SCHEMAS[schema] and complaints(schema, *SCHEMAS[schema]) == []


def test_a_form_that_breaks_the_rules_is_found(tmp_path: Path) -> None:
    broken = tmp_path / "form.yml"
    broken.write_text("name: A\ndescription: B\nbody:\n  - type: input\n    id: c\n")

    assert complaints("github-issue-forms", broken) == [f"{broken}: 'attributes' is a required property"]


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.name)
def test_the_fields_of_a_form_are_unique_and_in_both_languages(path: Path) -> None:
    fields = [each for each in form(path)["body"] if each["type"] != "markdown"]
    ids = [each["id"] for each in fields]
    labels = [each["attributes"]["label"] for each in fields]

    assert len(set(ids)) == len(ids)
    assert len(set(labels)) == len(labels)
    assert [text for text in (form(path)["name"], form(path)["description"], *labels) if " / " not in text] == []


def test_a_card_can_fill_in_what_it_knows() -> None:
    check = find_check("conv3x3")
    address = card.make_card(check, check.try_out((None,))[0], {}, tries=1).report
    given = parse_qs(urlsplit(address).query)
    (name,) = given.pop("template")
    fields = {each.get("id"): each for each in form(TEMPLATES / name)["body"]}

    # GitHub fills in these kinds of fields.
    assert {fields[known]["type"] for known in given} <= {"input", "textarea"}
    lesson, exercise = (fields[name]["attributes"]["placeholder"] for name in ("lesson", "exercise"))
    assert exercise in checks.LESSONS[lesson]


def test_the_links_beside_the_forms_lead_to_the_repository() -> None:
    links = form(TEMPLATES / "config.yml")["contact_links"]
    blobs = [link["url"].partition("/blob/main/")[2] for link in links if "/blob/" in link["url"]]

    assert all(link["url"].startswith(f"{repository()}/") for link in links)
    assert [path for path in blobs if not (ROOT / path).is_file()] == []


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "CONTRIBUTING.pt-BR.md"])
def test_the_drawings_name_files_that_there_are(page: str) -> None:
    _, lessons, grades = (ROOT / page).read_text(encoding="utf-8").split("```")[1::2]

    for folder, drawing in (("authoring", lessons), ("grading", grades)):
        named = set(re.findall(r"(?<![\w>/])(?:authoring/)?([a-z_]+\.py)\b", drawing))
        assert len(named) >= 5
        assert [name for name in sorted(named) if not (ROOT / "resnet_course" / folder / name).is_file()] == []


def test_the_citation_is_of_the_version_that_is_being_worked_on() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    newest = read_changelog(ROOT)[0]
    (licence,) = re.findall(r'^license = "(.*)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)

    assert cited["version"] == newest.version
    assert cited["repository-code"] == repository()
    assert " AND ".join(cited["license"]) == licence


def test_a_clone_on_windows_has_the_line_endings_that_digests_count() -> None:
    git = demand(GIT)
    files = subprocess.run([git, "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    asked = [git, "check-attr", "-z", "--stdin", "text", "eol"]
    told = subprocess.run(asked, cwd=ROOT, input=files, capture_output=True, check=True).stdout.decode().split("\0")
    facts: dict[str, dict[str, str]] = {}
    for name, attribute, value in zip(told[0::3], told[1::3], told[2::3], strict=False):
        facts.setdefault(name, {})[attribute] = value

    assert [name for name, each in facts.items() if each["text"] != "unset" and each["eol"] != "lf"] == []
    assert {Path(name).suffix for name, each in facts.items() if each["text"] == "unset"} == {".png", ".pt"}
