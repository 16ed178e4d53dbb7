"""Which version of the course this is, and where it stands in public.

`resnet-course build` reads the version in CHANGELOG.md and writes it to `release.json`. The version of the installed
package would not do: a checkout's is that of the day when it was installed, and a copy without git's history has none.
"""

from __future__ import annotations

import json
import re
from functools import cache
from importlib.metadata import metadata
from pathlib import Path

from resnet_course.language import current_language, message

FACTS = Path(__file__).with_suffix(".json")
BRANCH = "main"  # what is not released yet
GLOSSARY, ASKED = "glossary", "asked"  # the notebooks beside the lessons


def course_version() -> str:
    """Return the version of the course, such as ``"0.2.0"``, or ``"0.2.0.dev"`` while it is being worked on.

    Examples
    --------
    >>> course_version().split(".")[0].isdigit()
    True
    """
    return str(json.loads(FACTS.read_text(encoding="utf-8"))["version"])


def git_ref(version: str = "") -> str:
    """Return what a version of the course is called in the repository: a release's tag, or the branch.

    Parameters
    ----------
    version : str
        The version; this package's if empty.

    Examples
    --------
    >>> git_ref("0.2.0"), git_ref("0.2.0.dev")
    ('v0.2.0', 'main')
    """
    version = version or course_version()
    return BRANCH if version.endswith(".dev") else f"v{version}"


@cache
def repository() -> str:
    """Return the public address of the course, as `pyproject.toml` gives it.

    Examples
    --------
    >>> repository().startswith("https://")
    True
    """
    urls = dict(line.split(", ", 1) for line in metadata("resnet-course").get_all("Project-URL") or [])
    return urls["Repository"]


def public_address(path: str, *, folder: bool = False) -> str:
    """Return where a file of the repository, or a place in one, stands in public; or a folder.

    Examples
    --------
    >>> public_address("README.md#learn").endswith("/README.md#learn")
    True
    """
    return f"{repository()}/{'tree' if folder else 'blob'}/{git_ref()}/{path}"


def released_file(lesson: str, language: str) -> str:
    """Return where the notebook for learners stands in the repository.

    Examples
    --------
    >>> released_file("03_basic_block", "pt")
    'notebooks/pt/03_basic_block/03_basic_block.ipynb'
    """
    # Outside the folders of lessons: nbgrader would take it for an assignment.
    folder = "" if lesson in (GLOSSARY, ASKED) else f"{lesson}/"
    return f"notebooks/{language}/{folder}{lesson}.ipynb"


def colab_address(lesson: str, language: str) -> str:
    """Return the address that opens a lesson in Colab.

    Examples
    --------
    >>> colab_address("03_basic_block", "pt").startswith("https://colab.research.google.com/")
    True
    """
    owner = repository().removeprefix("https://github.com/")
    return f"https://colab.research.google.com/github/{owner}/blob/{git_ref()}/{released_file(lesson, language)}"


def kaggle_address(lesson: str, language: str) -> str:
    """Return the address that copies a lesson to Kaggle and opens it there.

    Examples
    --------
    >>> kaggle_address("03_basic_block", "pt").startswith("https://kaggle.com/")
    True
    """
    return f"https://kaggle.com/kernels/welcome?src={public_address(released_file(lesson, language))}"


def requirement(version: str = "") -> str:
    """Return what pip is to install for a version of the course (this package's if empty).

    Examples
    --------
    >>> requirement("0.2.0").split("@")[-1]
    'v0.2.0'
    """
    return f"resnet-course @ git+{repository()}@{git_ref(version)}"


def version_advice(notebook: str) -> str:
    """Return a sentence if a notebook does not fit this package, or an empty text if it does.

    They fit while the first two numbers of their versions are the same.

    Parameters
    ----------
    notebook : str
        The version of the course that the notebook was built for.

    Examples
    --------
    >>> version_advice(course_version())
    ''
    >>> print(version_advice("99.0.0"))  # doctest: +ELLIPSIS
    This notebook is of version 99.0.0 of the course, but the installed package is older (...
    """
    package = course_version()
    asked, present = _first_two(notebook), _first_two(package)
    if asked == present:
        return ""
    if asked > present:
        command = f'pip install --no-deps "{requirement(notebook)}"'
        return message("common.setup.older-package", notebook=notebook, package=package, command=command)
    address = public_address(f"notebooks/{current_language()}", folder=True)
    return message("common.setup.older-notebook", notebook=notebook, package=package, address=address)


def _first_two(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.findall(r"\d+", version)[:2])
