"""A Jupyter kernel that tests talk to cell by cell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient
from nbformat.notebooknode import NotebookNode

from resnet_course.authoring.build import private_kernel
from resnet_course.language import find, speaking

ROOT = Path(__file__).resolve().parents[1]
ANSI = re.compile(r"\x1b\[[0-9;]*m")


class Kernel:
    """A running kernel; `run` executes one cell and returns what it shows."""

    def __init__(self, client: NotebookClient) -> None:
        self._client = client

    def run(self, source: str) -> Shown:
        cell = nbformat.v4.new_code_cell(source)
        self._client.nb.cells.append(cell)
        self._client.execute_cell(cell, len(self._client.nb.cells) - 1)
        return Shown(cell.outputs)


class Shown:
    """The outputs of one cell, as a learner and a grader see them."""

    def __init__(self, outputs: list[NotebookNode]) -> None:
        self.outputs = outputs

    @property
    def error(self) -> NotebookNode | None:
        return next((each for each in self.outputs if each.output_type == "error"), None)

    @property
    def card(self) -> dict[str, Any]:
        """What the result card says of itself: grade_id and message key."""
        return next((dict(each.metadata["resnet_course"]) for each in self._cards()), {})

    @property
    def card_text(self) -> str:
        """The card as plain text."""
        return next((str(each.data["text/plain"]) for each in self._cards()), "")

    def _cards(self) -> Iterator[NotebookNode]:
        yield from (
            each for each in self.outputs if each.output_type == "display_data" and "resnet_course" in each.metadata
        )

    @property
    def text(self) -> str:
        """Everything shown, as plain text."""
        parts = []
        for each in self.outputs:
            if each.output_type == "stream":
                parts.append(each.text)
            elif each.output_type == "error":
                parts.append("\n".join(each.traceback))
            else:
                parts.append(each.data.get("text/plain", ""))
        return ANSI.sub("", "\n".join(parts))


@contextmanager
def kernel(
    folder: Path, kernel_name: str = "python3", env: dict[str, str] | None = None, timeout: int = 120
) -> Iterator[Kernel]:
    """Start a kernel in a folder, in which no cell may take longer than a number of seconds."""
    with private_kernel() as config:
        client = NotebookClient(
            nbformat.v4.new_notebook(),
            config=config,
            kernel_name=kernel_name,
            allow_errors=True,
            coalesce_streams=True,  # on a busy machine what a cell prints arrives in pieces
            timeout=timeout,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            resources={"metadata": {"path": str(folder)}},
        )
        arguments = {} if env is None else {"env": env}
        with client.setup_kernel(**arguments):
            yield Kernel(client)


def released(lesson: str, language: str) -> NotebookNode:
    """Return the notebook that learners open."""
    return nbformat.read(ROOT / "notebooks" / language / lesson / f"{lesson}.ipynb", as_version=4)


def solved(lesson: str, language: str) -> NotebookNode:
    """Return the solved and executed notebook."""
    return nbformat.read(ROOT / "solutions" / language / lesson / f"{lesson}.ipynb", as_version=4)


def typed(source: str) -> str:
    """Return a solved cell as somebody would have typed it: without nbgrader's marks."""
    return "\n".join(line for line in source.split("\n") if not re.match(r"\s*### (BEGIN|END) SOLUTION", line))


def guessed(lesson: str, language: str) -> NotebookNode:
    """Return the notebook that learners open, with every prediction made."""
    notebook = released(lesson, language)
    for given in solved(lesson, language).cells:
        if given.id.startswith("predict-"):
            cell(notebook, given.id).source = typed(given.source)
    return notebook


def cell(notebook: NotebookNode, name: str) -> NotebookNode:
    """Return a notebook's cell by its id, which for exercises is the grade_id."""
    return next(each for each in notebook.cells if each.id == name)


def says(text: str, key: str, language: str) -> bool:
    """Tell whether a text contains the message of a key in a language, whatever its figures are."""
    with speaking(language):
        found = find(key)
    sentence = found if isinstance(found, str) else found["title"]
    # A card's text leaves out the asterisks of *italics*.
    pattern = re.sub(r"\\\{[^}]*\\\}", ".*", re.escape(sentence)).replace(r"\*", r"\*?")
    return re.search(pattern, text) is not None
