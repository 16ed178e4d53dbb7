"""The programs that tests use: found, tried and installed where that is allowed; and what is said without them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import programs
import pytest
from kernel import ROOT
from programs import BUBBLEWRAP, CHROMIUM, POSTGRESQL, closing_line, main

Put = Callable[..., None]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Puts a program on the path, on which there is nothing else; it notes how it was called."""
    for name in ("CI", "INSTALL"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("POSTGRESQL", str(folder))

    def put_it(name: str, script: str = "") -> None:
        path = folder / name
        path.write_text(f'#!/bin/sh\necho {name} "$@" >> {tmp_path}/calls\n{script}\n')
        path.chmod(0o755)

    return put_it


def calls(tmp_path: Path) -> list[str]:
    path = tmp_path / "calls"
    return path.read_text().splitlines() if path.exists() else []


def test_a_program_that_is_not_there_is_not_installed(put: Put) -> None:
    assert [each.lacking() for each in (BUBBLEWRAP, CHROMIUM, POSTGRESQL)] == [
        "bubblewrap is not installed",
        "Chromium is not installed",
        "PostgreSQL is not installed",
    ]


def test_a_program_that_works_lacks_nothing(put: Put, tmp_path: Path) -> None:
    for name in ("bwrap", "google-chrome", "initdb"):
        put(name)

    assert [each.lacking() for each in (BUBBLEWRAP, CHROMIUM, POSTGRESQL)] == [""] * 3
    assert CHROMIUM.find() == str(tmp_path / "bin" / "google-chrome")
    assert POSTGRESQL.find() == str(tmp_path / "bin" / "initdb")


def test_a_program_that_is_there_but_does_not_work_says_why(put: Put) -> None:
    put("bwrap", "echo bwrap: advice >&2; echo 'bwrap: No permissions to create a new namespace' >&2; exit 1")
    put("chromium", "exit 3")

    assert BUBBLEWRAP.lacking() == "bubblewrap does not work here: bwrap: No permissions to create a new namespace"
    assert CHROMIUM.lacking() == "Chromium does not work here: exit status 3"


def test_the_closing_line_names_what_skipped_for_want_of_a_program_and_nothing_else() -> None:
    reasons = ["no NVIDIA GPU on this machine", *2 * ["Chromium is not installed"], "bubblewrap does not work here: no"]

    assert closing_line(reasons) == (
        "Not tested: the sandbox (bubblewrap does not work here: no), "
        "JupyterLab in a browser (Chromium is not installed)."
    )
    assert closing_line(reasons[:1]) == ""


# --- installing ----------------------------------------------------------------------------------------------------


@pytest.fixture
def user(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    return lambda number: monkeypatch.setattr(os, "geteuid", lambda: number)


APT = 'case "$*" in *"install"*chromium) echo "E: Unable to locate package chromium" >&2; exit 100;; esac'
MISSING = (
    "Missing on this machine: the sandbox (bubblewrap is not installed), "
    "JupyterLab in a browser (Chromium is not installed), gradebooks in PostgreSQL (PostgreSQL is not installed)."
)


@pytest.fixture
def bare(put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with Python, make, git, what npm brings and apt-get, whose archive has no Chromium."""
    monkeypatch.setattr(programs, "HUB", tmp_path)
    (tmp_path / "node_modules" / "gift-pegjs").mkdir(parents=True)
    put("node")
    put("configurable-http-proxy")
    put("make")
    put("git")
    put("env", 'shift; exec "$@"')
    put("apt-get", APT)


@pytest.mark.parametrize("number", [0, 1000])
def test_what_is_missing_is_installed_one_by_one_and_a_failure_is_told(
    bare: None, put: Put, user: Callable[[int], None], tmp_path: Path, capsys: pytest.CaptureFixture[str], number: int
) -> None:
    user(number)
    put("sudo", 'shift; [ "$1" = true ] || exec "$@"')
    main()

    assert capsys.readouterr().out.splitlines() == [
        MISSING,
        "Installing bubblewrap",
        "Installing chromium",
        "chromium could not be installed (E: Unable to locate package chromium): the tests go on without it.",
        "Installing postgresql",
    ]
    installs = [f"apt-get --quiet install --yes --no-install-recommends {each}" for each in PACKAGES]
    assert [each for each in calls(tmp_path) if each.startswith("apt-get")] == ["apt-get --quiet update", *installs]
    assert sum(each.startswith("sudo -n env DEBIAN_FRONTEND=noninteractive apt-get") for each in calls(tmp_path)) == (
        4 if number else 0
    )


PACKAGES = ("bubblewrap", "chromium", "postgresql")


@pytest.mark.parametrize("case", ["INSTALL=no", "INSTALL=0", "sudo asks for a password", "no sudo", "no apt-get"])
def test_nothing_is_changed_where_that_is_not_allowed(
    bare: None,
    put: Put,
    user: Callable[[int], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    case: str,
) -> None:
    user(1000 if "sudo" in case else 0)
    if case.startswith("INSTALL="):
        monkeypatch.setenv(*case.split("="))
    elif case == "sudo asks for a password":
        put("sudo", "echo sudo: a password is required >&2; exit 1")
    elif case == "no apt-get":
        (tmp_path / "bin" / "apt-get").unlink()
    main()

    assert capsys.readouterr().out.splitlines() == [
        MISSING,
        f"The tests go on without. On Debian and Ubuntu: apt install {' '.join(PACKAGES)}",
    ]
    assert not [each for each in calls(tmp_path) if "apt-get" in each]


def test_a_program_that_does_not_work_is_not_installed_again(
    bare: None, put: Put, user: Callable[[int], None], tmp_path: Path
) -> None:
    user(0)
    put("bwrap", "exit 1")
    main()

    assert not [each for each in calls(tmp_path) if "bubblewrap" in each]


def test_where_everything_is_there_nothing_is_said(
    bare: None, put: Put, user: Callable[[int], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    user(0)
    for name in ("bwrap", "chromium", "initdb"):
        put(name)
    main()

    assert capsys.readouterr().out == ""
    assert not [each for each in calls(tmp_path) if "apt-get" in each]


@pytest.mark.parametrize("npm", [True, False], ids=["npm is there", "no npm"])
def test_the_hub_s_proxy_is_installed_by_npm(
    bare: None, put: Put, user: Callable[[int], None], tmp_path: Path, npm: bool
) -> None:
    user(0)
    for name in ("bwrap", "chromium", "initdb"):
        put(name)
    (tmp_path / "bin" / "configurable-http-proxy").unlink()
    if npm:
        put("npm")
    else:  # as apt-get would
        put("apt-get", f'case "$*" in *"install"*npm) cp {tmp_path}/bin/make {tmp_path}/bin/npm; esac')
        (tmp_path / "bin" / "cp").symlink_to(shutil.which("cp", path="/usr/bin:/bin") or "")
    main()

    said = calls(tmp_path)
    assert said[-1].endswith(f"install --no-audit --no-fund --prefix {tmp_path}")
    assert ("apt-get --quiet install --yes --no-install-recommends npm" in said) is not npm


@pytest.mark.parametrize("continuous", [True, False])
def test_apparmor_is_told_to_allow_namespaces_in_continuous_integration_alone(
    bare: None, user: Callable[[int], None], put: Put, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, continuous: bool
) -> None:
    user(0)
    put("tee", 'read -r written; echo "$written" > "$1"')
    switch = tmp_path / "switch"
    switch.write_text("1\n")
    monkeypatch.setattr(programs, "RESTRICTED", switch)
    if continuous:
        monkeypatch.setenv("CI", "true")
    main()

    assert switch.read_text() == ("0\n" if continuous else "1\n")


# --- in pytest -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("variables", "status"), [({}, 0), ({"CI": "true"}, 1)], ids=["here", "CI"])
def test_without_a_program_its_tests_skip_and_the_last_line_says_so_but_fail_in_ci(
    put: Put, tmp_path: Path, variables: dict[str, str], status: int
) -> None:
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text(
        "import programs\n\n\ndef test_it():\n    programs.demand(programs.CHROMIUM)\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n", "1"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'tests'}"} | variables,
        capture_output=True,
        text=True,
    )
    last = done.stdout.splitlines()[-1]

    assert done.returncode == status, done.stdout + done.stderr
    assert (last == "Not tested: JupyterLab in a browser (Chromium is not installed).") == (status == 0)
    assert "Chromium is not installed" in done.stdout


def test_this_file_runs_before_there_is_an_environment() -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-S", programs.__file__], env={"PATH": "", "INSTALL": "no"}, capture_output=True
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"Missing on this machine: ")
