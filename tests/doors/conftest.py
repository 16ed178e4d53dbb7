"""The environments that the tests of the doors run in, with the course installed as it is installed there."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from environments import DOORS, ROOT, Environment, make, uv
from front_end import kinds, opened, text
from kernel import released
from programs import GIT, demand


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test in each door that its module opens and that was asked for, a door's tests on one worker."""
    if "environment" in metafunc.fixturenames:
        asked = [name.strip() for name in metafunc.config.getoption("--doors").split(",") if name.strip()]
        if unknown := set(asked) - set(DOORS):
            raise pytest.UsageError(f"--doors names {', '.join(unknown)}; the doors are: {', '.join(DOORS)}")
        names = [name for name in metafunc.module.OPENS if name in asked]
        doors = [pytest.param(name, marks=pytest.mark.xdist_group(f"door-{name}")) for name in names]
        metafunc.parametrize("environment", doors, indirect=True, scope="session")


@pytest.fixture(scope="session")
def environment(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """An environment with the course as it is in this working tree, installed as learners there install it."""
    demand(GIT)
    made = make(request.param)
    address = f"git+{snapshot(tmp_path_factory.mktemp('snapshot') / 'course').as_uri()}"
    uv("pip", "uninstall", "--quiet", "--python", str(made.python), "resnet-course")
    if made.door.name == "colab":
        before = made.versions()
        install_by_the_setup_cell(made, address, tmp_path_factory.mktemp("setup"))
        after = made.versions()
        assert after.pop("resnet-course")
        assert after == before, "the setup cell changed what Colab brings"
    else:
        uv("pip", "install", "--quiet", "--no-deps", "--python", str(made.python), f"resnet-course @ {address}")
    return made


def snapshot(folder: Path) -> Path:
    """Return a repository with the working tree as its last commit, as if it had been published."""

    def git(*arguments: str, cwd: Path = folder) -> str:
        who = ("-c", "user.name=test", "-c", "user.email=test@example.org")
        return subprocess.run(["git", *who, *arguments], cwd=cwd, check=True, capture_output=True, text=True).stdout

    def names(*which: str) -> list[str]:
        return list(filter(None, git("ls-files", "-z", *which, cwd=ROOT).split("\0")))

    if not (ROOT / ".git").exists():
        pytest.skip("this folder is no git repository, from which the course could be installed")
    git("clone", "--quiet", str(ROOT), str(folder), cwd=ROOT)
    for name in names("--deleted"):
        (folder / name).unlink()
    for name in names("--modified", "--others", "--exclude-standard"):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    git("add", "--all")
    git("commit", "--quiet", "--allow-empty", "--message", "The working tree")
    return folder


def install_by_the_setup_cell(environment: Environment, address: str, folder: Path) -> None:
    """Do what a learner's first cell does in Colab, but for the address that it installs from."""
    notebook = released("00_start_here", "pt")
    setup = next(cell for cell in notebook.cells if cell.id == "setup")
    setup.source, count = re.subn(r"git\+https://[^\s\"']+", address, setup.source)
    assert count == 1, setup.source
    notebook.cells = [setup]
    with opened(environment, notebook, folder) as page:
        page.run()
    seen = [text(output) for output in setup.outputs]
    assert kinds(setup.outputs) == ["stdout", "text/html text/plain"], seen
    assert "resnet-course" in seen[1]
