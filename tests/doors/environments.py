"""The environments in which people really open the course: made with uv from the package index, and kept.

``python tests/doors/environments.py colab lowest`` makes them ahead of the tests, which else make what they need.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
KEPT = ROOT / "build" / "doors"
RECIPE = "1"  # raise it when environments that were made before no longer do

# Colab's kernel starts with this module loaded: lessons know by it where they are.
STAND_IN = '''"""Stands in for what Colab has under this name."""


def load_ipython_extension(shell):
    """Colab loads it as an extension of IPython."""
'''
STARTS_WITH_IT = 'c = get_config()\nc.InteractiveShellApp.extensions = ["google.colab"]\n'


@dataclass(frozen=True)
class Door:
    """An environment to be made.

    Parameters
    ----------
    name : str
        How tests call it.
    pythons : tuple of str
        The Python versions that it may have, the best first.
    extras : tuple of str
        What it has of the course beside the learner's part.
    """

    name: str
    pythons: tuple[str, ...]
    extras: tuple[str, ...] = ()

    def requirements(self) -> str:
        """Return the packages with their versions, a line each."""
        if self.name == "colab":
            return (HERE / "colab.txt").read_text(encoding="utf-8")
        extras = [word for extra in self.extras for word in ("--extra", extra)]
        resolved = uv(
            "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--python-version", self.pythons[0],
            "--resolution", "highest" if self.name == "newest" else "lowest-direct",
            *extras, str(ROOT / "pyproject.toml"),
        )  # fmt: skip
        # The course does not ask for a kernel: it comes with whatever opens its notebooks.
        return resolved if "\nipykernel==" in resolved else f"{resolved}ipykernel\n"


DOORS = {
    door.name: door
    for door in (
        Door("colab", ("3.13", "3.12")),
        Door("lowest", ("3.10",)),
        Door("lowest-instructor", ("3.10",), ("dev",)),
        Door("newest", ("3.13",)),
    )
}


@dataclass(frozen=True)
class Environment:
    """An environment that has been made.

    Parameters
    ----------
    door : Door
        What it was made for.
    folder : Path
        Where it is.
    """

    door: Door
    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "bin" / "python"

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of a process in it: nothing of the environment that runs the tests."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
        return kept | {"PATH": os.pathsep.join([str(self.folder / "bin"), kept["PATH"]])}

    def run(self, *arguments: str) -> str:
        """Run its Python and return what it prints."""
        return _run([str(self.python), *arguments], env=self.variables)

    def versions(self) -> dict[str, str]:
        """Return what is installed: each package's canonical name and version."""
        listed = json.loads(uv("pip", "list", "--format", "json", "--python", str(self.python)))
        return {canonicalize_name(each["name"]): each["version"] for each in listed}


def make(name: str) -> Environment:
    """Return the environment of a door, made if it is not there yet."""
    door = DOORS[name]
    requirements = door.requirements()
    python = next(filter(None, (_find_python(each) or _fetch_python(each) for each in door.pythons)), "python3")
    digest = hashlib.sha256(f"{RECIPE}\n{python}\n{requirements}".encode()).hexdigest()[:12]
    environment = Environment(door, KEPT / f"{name}-{digest}")
    KEPT.mkdir(parents=True, exist_ok=True)
    with FileLock(KEPT / f"{name}.lock"):  # the one who makes it ahead, and each worker of the tests
        if not (environment.folder / "made").is_file():
            for old in KEPT.glob(f"{name}-{'[0-9a-f]' * len(digest)}"):  # not those of lowest-instructor for lowest
                shutil.rmtree(old)
            _make(environment, python, requirements)
            (environment.folder / "made").touch()
    return environment


def _make(environment: Environment, python: str, requirements: str) -> None:
    folder = environment.folder
    uv("venv", "--quiet", "--python", python, str(folder))
    listed = folder / "requirements.txt"
    listed.write_text(requirements, encoding="utf-8")
    uv("pip", "install", "--quiet", "--python", str(environment.python), "--requirement", str(listed))
    if environment.door.name == "colab":
        site = environment.run("-c", "import sysconfig; print(sysconfig.get_path('purelib'), end='')")
        _write(Path(site) / "google" / "colab" / "__init__.py", STAND_IN)
        _write(folder / "etc" / "ipython" / "ipython_config.py", STARTS_WITH_IT)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _find_python(version: str) -> str | None:
    """Return an interpreter of this version that runs; pyenv's stand-ins answer to every version and run only some."""
    kept = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser() / "versions"
    for found in (shutil.which(f"python{version}"), *sorted(kept.glob(f"{version}.*/bin/python"), reverse=True)):
        if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
            return str(found)
    return None


def _fetch_python(version: str) -> str | None:
    """Return an interpreter of this version that uv has, or may fetch."""
    try:
        uv("python", "install", "--quiet", version)
        return uv("python", "find", "--managed-python", version).strip()
    except RuntimeError:
        return None


def uv(*arguments: str) -> str:
    """Run uv and return what it prints.

    Raises
    ------
    RuntimeError
        If it fails; the text holds what it complained of.
    """
    return _run([sys.executable, "-m", "uv", *arguments])


def _run(command: list[str], env: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def false_bounds(environment: Environment) -> list[str]:
    """Return a sentence for each requirement of pyproject.toml that an environment does not keep to.

    In an environment of the lowest versions also for each whose lowest version it could not have, because another
    package does not allow it: such a bound promises too much.
    """
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    python = environment.run("-c", "import sys; print('%d.%d' % sys.version_info[:2])").strip()
    # An extra may ask for more of what the learner's part needs; that part has an environment of its own.
    waiting = list(environment.door.extras)
    lines = [] if waiting else [*project["dependencies"]]
    installed = environment.versions()
    found = []
    while lines or waiting:
        if not lines:
            lines += project["optional-dependencies"][waiting.pop()]
            continue
        requirement = Requirement(lines.pop())
        if canonicalize_name(requirement.name) == "resnet-course":  # one extra that holds another
            waiting += requirement.extras
        elif requirement.marker is None or requirement.marker.evaluate({"python_version": python}):
            found += _falsehood(requirement, installed, environment.door.name.startswith("lowest"))
    return found


def _falsehood(requirement: Requirement, installed: dict[str, str], lowest: bool) -> list[str]:
    version = Version(Version(installed[canonicalize_name(requirement.name)]).public)  # torch may be a CPU build
    if version not in requirement.specifier:
        return [f"{requirement}: there is {version}"]
    (bound,) = [Version(each.version) for each in requirement.specifier if each.operator == ">="]
    return [f"{requirement} cannot be had with the rest: raise it to {version}"] if lowest and version != bound else []


if __name__ == "__main__":
    for wanted in sys.argv[1:]:
        print(f"{wanted}: {make(wanted).folder.relative_to(ROOT)}", flush=True)
