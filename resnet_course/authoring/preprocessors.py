"""What the course adds to nbgrader when an assignment is generated."""

from __future__ import annotations

import re

from nbformat.notebooknode import NotebookNode
from nbgrader.preprocessors import ClearSolutions as NbGraderClearSolutions

from resnet_course.authoring.lesson import BEGIN, END, show_broken


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
