"""The recipe of a class on a hub holds together: its pages are twins and name what there is; Docker's part does too."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from kernel import ROOT

HUB = ROOT / "instructor"
PAGES = ("README.md", "README.pt-BR.md")
TWINS = (PAGES, ("GRADING.md", "GRADING.pt-BR.md"))


def shape(page: str) -> list[tuple[str, ...]]:
    """Return what is the same in both languages: headings' depths, tables' widths, commands, links."""
    text = (HUB / page).read_text(encoding="utf-8")
    lines = []
    for line in text.splitlines():
        heading = re.match(r"#+(?= )", line)
        if heading:
            lines.append((heading[0],))
        elif line.startswith("|"):
            lines.append(("row", str(line.count("|"))))
    # Commands, without what they say of themselves, and in no language.
    blocks = re.sub(r"(^|  )#.*", "", "\n".join(text.split("```")[1::2]), flags=re.MULTILINE)
    commands = [re.sub(r"(COURSE_LANGUAGE=)\w+", r"\1", line).strip() for line in blocks.splitlines()]
    # Twins link to pages of their own language, whose headings have other names.
    links = sorted(link.replace(".pt-BR", "").partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text))
    return [*lines, ("commands", *commands), ("links", *links)]


@pytest.mark.parametrize("pages", TWINS, ids=lambda pages: pages[0])
def test_the_pages_are_twins(pages: tuple[str, str]) -> None:
    english, portuguese = map(shape, pages)

    assert english == portuguese


@pytest.mark.parametrize("page", PAGES)
def test_the_pages_name_files_that_there_are(page: str) -> None:
    text = (HUB / page).read_text(encoding="utf-8")
    linked = re.findall(r"\]\((?!https?:|#)([^)#]+)", text)
    named = set(re.findall(r"\binstructor/[\w./-]*\w", text)) - {"instructor/accounts"}

    assert [name for name in linked if not (HUB / name).exists()] == []
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def compose() -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load((HUB / "compose.yaml").read_text())
    return made


def test_docker_s_part_names_what_there_is() -> None:
    hub = compose()["services"]["hub"]
    recipe = (HUB / "Dockerfile").read_text()

    assert (HUB / hub["build"]["context"] / hub["build"]["dockerfile"]).resolve() == HUB / "Dockerfile"
    assert [name for name in re.findall(r"\binstructor/[\w.-]+", recipe) if not (ROOT / name).exists()] == []
    assert {"seccomp:unconfined", "apparmor:unconfined", "systempaths=unconfined"} == set(hub["security_opt"])
    # The hub that is tested is the one that is installed.
    pinned = (ROOT / "tests" / "requirements.txt").read_text()
    assert re.findall(r"jupyterhub==[\d.]+", recipe) == re.findall(r"jupyterhub==[\d.]+", pinned)


def test_the_extra_asks_for_the_hub_that_the_pages_do() -> None:
    (wanted,) = re.findall(r'"(jupyterhub[^"]+)"', (ROOT / "pyproject.toml").read_text())

    for page in PAGES:
        assert f'pip install "{wanted}"' in (HUB / page).read_text(encoding="utf-8")


@pytest.mark.parametrize("script", ["setup.sh", "start.sh"])
def test_the_scripts_are_scripts(script: str) -> None:
    subprocess.run(["sh", "-n", HUB / script], check=True)
    assert (HUB / script).stat().st_mode & 0o111
    if shutil.which("shellcheck"):
        subprocess.run(["shellcheck", HUB / script], check=True)


def test_the_accounts_are_what_newusers_reads() -> None:
    for line in (HUB / "accounts.example").read_text().splitlines():
        name, password, number, _, _, home, shell = line.split(":")
        assert password and int(number) > 1000
        assert (home, shell) == (f"/home/{name}", "/bin/bash")


def test_docker_reads_what_it_can_read_here() -> None:
    """Docker's own readers, where a machine has them: most have not, and what they would read is tested above."""
    if shutil.which("hadolint"):
        subprocess.run(["hadolint", HUB / "Dockerfile"], check=True)
    if shutil.which("docker") and not subprocess.run(["docker", "compose", "version"], capture_output=True).returncode:
        subprocess.run(["docker", "compose", "--file", HUB / "compose.yaml", "config", "--quiet"], check=True)


def test_systemd_starts_the_hub_that_the_recipe_installs(tmp_path: Path) -> None:
    unit = configparser.ConfigParser()
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd tells capitals apart
    unit.read(HUB / "jupyterhub.service")
    program, flag, config, *more = unit["Service"]["ExecStart"].split()

    assert (program, flag, more) == ("/opt/resnet-course/.venv/bin/jupyterhub", "--config", [])
    assert Path(config.replace("/opt/resnet-course", str(ROOT))) == HUB / "jupyterhub_config.py"
    assert unit["Service"]["WorkingDirectory"] == "/srv/resnet-course/hub"
    assert {"class=/srv/resnet-course", 'install -d -m 700 "$class/hub"'} <= {
        line.partition("   ")[0] for line in (HUB / "setup.sh").read_text().splitlines()
    }
    if shutil.which("systemd-analyze"):  # which looks for the program, too
        there = (HUB / "jupyterhub.service").read_text().replace(program, str(shutil.which("true")))
        copied = tmp_path / "jupyterhub.service"
        copied.write_text(there)
        done = subprocess.run(["systemd-analyze", "verify", copied], capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (0, "")
