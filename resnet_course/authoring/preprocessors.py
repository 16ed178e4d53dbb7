"""What the course adds to nbgrader when an assignment is generated."""

from __future__ import annotations

import re
from typing import Any

from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import ClearSolutions as NbGraderClearSolutions
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool

from resnet_course.authoring.script import BEGIN, END, show_broken


class ClearSolutions(NbGraderClearSolutions):  # type: ignore[misc]  # nbgrader has no types
    """nbgrader's own, except that a solution region with ``# was:`` lines becomes the code that they give."""

    def _replace_solution_region(self, cell: NotebookNode, language: str) -> bool:
        before = cell.source
        if cell.cell_type == "code":
            cell.source = re.sub(
                rf"^[ \t]*{BEGIN}\n(.*?)^[ \t]*{END}$",
                lambda match: show_broken(match[1]) or match[0],
                before,
                flags=re.DOTALL | re.MULTILINE,
            )
        # A solution cell in which nothing was replaced would lose all its text to the stub.
        cleared = bool(super()._replace_solution_region(cell, language))
        return cleared or cell.source != before


class GradedClass(NbGraderPreprocessor):  # type: ignore[misc]  # nbgrader has no types
    """Writes into the setup cell that cards do not point to solved cells, if the course's configuration says so."""

    hide_solutions = Bool(
        False, help="Whether cards stay silent about where the solved cell is, which they tell after three tries."
    ).tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        """Change the setup cell of a notebook, or nothing."""
        for cell in nb.cells if self.hide_solutions else ():
            if cell.get("id") == "setup":
                cell.source = re.sub(r"(?<=\bresnet_course\.start\()(.+)(?=\)$)", r"\1, solutions=False", cell.source)
        return nb, resources
