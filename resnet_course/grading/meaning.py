"""What a submission means: which of its cells answer which exercise, and what of them is run.

Tools split cells, copy them and lose their labels; learners write an answer where there was room. What they meant is
taken, and said in the integrity report; where it cannot be known, the report and the card say so.
"""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from nbformat.notebooknode import NotebookNode

from resnet_course import checks
from resnet_course.checks.registry import IMPORT
from resnet_course.grading.findings import Finding, listed, printable
from resnet_course.grading.planning import COMMAND, MOST_CHARACTERS, names_of
from resnet_course.grading.references import (
    ELSEWHERE,
    MACHINERY,
    parsed,
    references_in,
    tree_of,
    uses_of,
)

if TYPE_CHECKING:
    from resnet_course.grading.intake import Release

# The line of a setup cell that names the lesson; the rest differs from language to language and version to version.
OPENED = re.compile(r'\bresnet_course\.start\("[^"\n]*"')
# What may differ between the languages of a cell, and what editors change: space, comments, strings.
LAYOUT = re.compile(r"""\s+|#[^\n]*|\"{3}[\s\S]*?\"{3}|"[^"\n]*"|'[^'\n]*'""")
# Lines of IPython's that only change where a notebook runs. Others, such as %time, may define a name.
LEFT_OUT = re.compile(
    r"[!?].*|[\w.]+\?+|%%?(?:(?:ana)?conda|mamba|micromamba|pip|uv|matplotlib|pylab|load_ext|reload_ext|autoreload|cd|ls|pwd"
    r"|mkdir|cp|mv|rm|cat|env|set_env|config|system|sx|pinfo2?)\b.*|%%(?:time|capture)\b.*",
    re.DOTALL,
)
SOLUTION_MARKS = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION", re.MULTILINE)  # nbgrader's, in solved notebooks only
ASSIGNED = re.compile(r"^([ \t]*\w+[ \t]*=[ \t]*)(!.*)$", re.MULTILINE)  # names = !ls


class Meaning:
    """What a learner's cells mean for the release.

    Parameters
    ----------
    handed_in : NotebookNode
        The submission's notebook.
    release : Release
        What learners were given.

    Attributes
    ----------
    sources : dict
        What is run for each answer cell of the release that was written: its id to the text.
    untouched : dict
        The text of answer cells in which nothing was written: a stub, in the learner's language.
    taken : dict
        Which answers stand in another cell: the answer cell's id to the first line of that cell.
    own : dict
        Which names the learner's own cells define, which are not run: name to the first line of its cell.
    """

    def __init__(self, handed_in: NotebookNode, release: Release) -> None:
        self._handed_in, self._release = handed_in, release
        self._given = {cell.id: cell for cell in release.notebook.cells}
        self._place = {id(cell): place for place, cell in enumerate(handed_in.cells)}
        self._by_name: dict[str, list[NotebookNode]] = {}
        self._nameless: list[NotebookNode] = []
        self._used: dict[str, list[NotebookNode]] = {}  # the cells that an answer is made of
        self._commands: dict[str, list[str]] = {}
        self._imported: set[str] = set()
        self.sources: dict[str, str] = {}
        self.untouched: dict[str, str] = {}
        self.taken: dict[str, str] = {}
        self._name_cells()
        self._labels = {id(cell): name for name, cells in self._by_name.items() for cell in cells}
        for answer in release.answers:
            self._read(answer)
        self._adopt()
        self.own = self._own()
        self._prepare()

    @property
    def written(self) -> bool:
        """Whether any answer is more than its stub."""
        return bool(self.sources)

    # --- which cell is which ---

    def _name_cells(self) -> None:
        for cell in self._handed_in.cells:
            own = cell.get("id")
            labels = (_grade_id(cell), own)
            name = next((each for each in labels if isinstance(each, str) and each in self._given), None)
            if name is None:
                self._nameless.append(cell)
            else:
                self._by_name.setdefault(name, []).append(cell)
        # Where metadata and ids were lost, a cell is known by what it says, or by the name that it defines.
        by_content = {squeezed(cell.source): cell.id for cell in self._release.notebook.cells}
        for cell in list(self._nameless):
            name = by_content.get(squeezed(cell.source), "")
            if name and name not in self._by_name:
                self._claim(cell, name)
        for answer in self._release.answers:
            if answer.id not in self._by_name:
                wanted = self._release.names[answer.id].defined
                for cell in [each for each in self._nameless if wanted and wanted <= names_of(each.source).defined]:
                    self._claim(cell, answer.id)

    def _claim(self, cell: NotebookNode, name: str) -> None:
        self._nameless = [each for each in self._nameless if each is not cell]
        self._by_name.setdefault(name, []).append(cell)

    # --- which cells an answer is made of ---

    def _read(self, answer: NotebookNode) -> None:
        """Take the cells that have an answer's labels."""
        stub = squeezed(answer.source)
        for cell in self._by_name.get(answer.id, []):
            self.untouched[answer.id] = cell.source
        written = [cell for cell in self._by_name.get(answer.id, []) if squeezed(cell.source) not in (stub, "")]
        # What stands below the check is a copy to try something, unless there is no other.
        below = self._check_of(answer)
        parts = [cell for cell in written if self._place[id(cell)] < below] or written
        if parts:
            parts = _latest(parts, self._release.names[answer.id].defined)
            self._used[answer.id] = parts
            self.sources[answer.id] = _joined([cell.source for cell in parts])

    def _check_of(self, answer: NotebookNode) -> int:
        cells = self._by_name.get(checks.exercise_of(answer.id) or "", [])
        return min((self._place[id(cell)] for cell in cells), default=len(self._place))

    def _adopt(self) -> None:
        """Take an answer from where it stands, where its own cell is as it was and no two cells define its name."""
        for answer in self._release.answers:
            if answer.id in self.sources:
                continue
            donors: dict[int, NotebookNode] = {}
            wanted = self._release.names[answer.id].defined
            for name in wanted:
                found = list(self._definitions(name, answer))
                if len(found) != 1:
                    break
                donors[self._place[id(found[0])]] = found[0]
            else:
                if donors:
                    cells = [donors[place] for place in sorted(donors)]
                    self._used[answer.id] = cells
                    self.sources[answer.id] = _joined([self._added(cell) for cell in cells])
                    self.taken[answer.id] = first_line(self._added(cells[0]))

    def _definitions(self, name: str, answer: NotebookNode) -> Iterator[NotebookNode]:
        """Yield the cells that define a name, those of its own answer and of the release left out."""
        for cell in self._handed_in.cells:
            label = self._labels.get(id(cell))
            if label == answer.id or cell.cell_type != "code" or name not in names_of(cell.source).defined:
                continue
            set_aside = label in self._used and not any(each is cell for each in self._used[label])
            if not set_aside and (label is None or name not in self._release.names[label].defined):
                yield cell

    def _added(self, cell: NotebookNode) -> str:
        """Return what a learner wrote into a cell: of a cell of the release, not what stood there already."""
        label = self._labels.get(id(cell))
        if label is None or label in self.sources:
            return str(cell.source)
        given = set(self._given[label].source.splitlines()) - {""}
        return "\n".join(line for line in cell.source.splitlines() if line not in given)

    def _own(self) -> dict[str, str]:
        taken = {id(cell) for name in self.taken for cell in self._used[name]}
        return {
            name: first_line(cell.source)
            for cell in self._nameless
            if cell.cell_type == "code" and id(cell) not in taken
            for name in names_of(cell.source).defined
        }

    # --- what of it is run ---

    def _prepare(self) -> None:
        """Leave out IPython's lines that only change where a notebook runs; add the imports that an answer uses."""
        imports = self._added_imports()
        for name, source in self.sources.items():
            text, left_out = leave_out(source)
            if left_out:
                self._commands[name] = left_out
            used = names_of(text).used
            bound = [each for each in imports if each in used]
            if used - self._defined - set(dir(builtins)) - set(imports):
                bound += [each for each in imports if each.endswith("import *")]
            self._imported |= set(bound)
            self.sources[name] = "\n".join([*dict.fromkeys(imports[each] for each in bound), text])

    def _added_imports(self) -> dict[str, str]:
        """Return the imports that a learner added, to cells of the release or in cells that only import.

        A name that the release or an answer defines is left alone.
        """
        self._defined: set[str] = set()
        for names in [*self._release.names.values(), *map(names_of, self.sources.values())]:
            self._defined |= names.defined
        found: dict[str, str] = {}
        for cell in self._handed_in.cells:
            label = self._labels.get(id(cell))
            if cell.cell_type != "code" or label in self._used or "import" not in cell.source:
                continue
            if label is not None and cell.source == self._given[label].source:
                continue
            tree = tree_of(cell.source)
            if label is None and not _only_imports(tree):
                continue
            for statement in tree.body if tree else ():
                if isinstance(statement, ast.Import | ast.ImportFrom):
                    line = ast.unparse(statement)
                    bound = uses_of(line).imports
                    found |= {(line if name == "*" else name): line for name in bound if name not in self._defined}
        return found

    # --- what is said of it ---

    def report(self) -> Iterator[Finding]:
        """Yield what the integrity report tells about the notebook."""
        release, given = self._release, self._by_name
        answers, tests = {cell.id for cell in release.answers}, {cell.id for cell in release.tests}
        several = [name for name in given if name in answers | tests and len(given[name]) > 1]
        joined = [name for name in several if name in self._used and len(self._used[name]) == len(given[name])]
        missing = [cell.id for cell in release.answers if cell.id not in given and cell.id not in self.taken]
        for key, names in (
            ("duplicate", [name for name in several if name not in joined]),
            ("joined", joined),
            ("missing-answer", missing),
            ("missing-test", [cell.id for cell in release.tests if cell.id not in given]),
            ("edited-test", [cell.id for cell in release.tests if self._edited(cell)]),
            ("changed-type", [name for name in answers if name in given and self._retyped(name)]),
            ("metadata", [cell.id for cell in (*release.answers, *release.tests) if self._relabelled(cell)]),
        ):
            if names:
                yield Finding(key, {"names": listed(sorted(names))})
        for name, line in self.taken.items():
            yield Finding("taken", {"name": name, "cell": printable(line)})
        if self._imported:
            yield Finding("imports", {"names": listed(sorted(self._imported))})
        order = [name for name in self._order() if name in answers | tests]
        if order != [cell.id for cell in release.notebook.cells if cell.id in order]:
            yield Finding("moved")
        kernel = self._handed_in.metadata.get("kernelspec", {})
        if isinstance(kernel, dict) and kernel.get("name") not in (None, "python3", "resnet-course"):
            yield Finding("kernel", {"name": printable(str(kernel.get("name")))})
        yield from self._left_alone()
        yield from self._flags()

    def _left_alone(self) -> Iterator[Finding]:
        taken = {id(cell) for name in self.taken for cell in self._used[name]}
        own = [cell for cell in self._nameless if cell.cell_type == "code" and cell.source.strip()]
        own = [cell for cell in own if id(cell) not in taken and not self._was_imported(cell)]
        if own:
            names = sorted(set().union(*(names_of(cell.source).defined for cell in own)))
            yield Finding("own-cells-names" if names else "own-cells", {"count": len(own), "names": listed(names)})
        for name, lines in self._commands.items():
            yield Finding("commands", {"name": name, "lines": listed(lines)})

    def _was_imported(self, cell: NotebookNode) -> bool:
        tree = tree_of(cell.source)
        if not tree or not _only_imports(tree):
            return False
        return bool((names_of(cell.source).defined | set(map(ast.unparse, tree.body))) & self._imported)

    def _order(self) -> Iterable[str]:
        return dict.fromkeys(self._labels[id(cell)] for cell in self._handed_in.cells if id(cell) in self._labels)

    def _edited(self, test: NotebookNode) -> bool:
        return any(squeezed(cell.source) != squeezed(test.source) for cell in self._by_name.get(test.id, []))

    def _retyped(self, name: str) -> bool:
        cells = self._used.get(name, []) if name not in self.taken else []
        return any(cell.cell_type != "code" for cell in cells or self._by_name[name][-1:])

    def _relabelled(self, cell: NotebookNode) -> bool:
        """Tell whether nbgrader's labels or the tags of a cell are others than in the release."""
        kept = ("points", "locked", "grade", "solution", "task", "schema_version")

        def labels(each: NotebookNode) -> object:
            noted = each.metadata.get("nbgrader")
            if not isinstance(noted, dict):
                return None
            return [noted.get(name) for name in kept], each.metadata.get("tags", [])

        return any(labels(each) not in (labels(cell), None) for each in self._by_name.get(cell.id, []))

    def _flags(self) -> Iterator[Finding]:
        for cell in self._release.answers:
            if cell.id not in self.sources:
                continue
            source = self.sources[cell.id]
            references = references_in(source, cell.source, self._release.imports, checks.exercise_of(cell.id))
            if references:
                yield Finding("reference", {"name": cell.id, "modules": listed(sorted(references))})
            if SOLUTION_MARKS.search(source):
                yield Finding("solution-marks", {"name": cell.id})
            words = sorted({match[0] for match in MACHINERY.finditer(source)})
            if words:
                yield Finding("machinery", {"name": cell.id, "words": listed(words)})
            elsewhere = sorted(uses_of(source).modules & set(ELSEWHERE))
            if elsewhere:
                yield Finding("elsewhere", {"name": cell.id, "modules": listed(elsewhere)})


def _grade_id(cell: NotebookNode) -> str | None:
    noted = cell.metadata.get("nbgrader")
    name = noted.get("grade_id") if isinstance(noted, dict) else None
    return name if isinstance(name, str) else None


def squeezed(source: str) -> str:
    """Return what a cell does, in any language: without layout, comments and texts; of a setup cell, its lesson.

    Check cells were once without their import.
    """
    opened = OPENED.search(source)
    if opened:
        return opened[0]
    return re.sub(rf"{IMPORT.replace(' ', '')}(?=checks\.)", "", LAYOUT.sub("", source))


def _only_imports(tree: ast.Module | None) -> bool:
    imports = [isinstance(each, ast.Import | ast.ImportFrom | ast.Pass) for each in tree.body] if tree else []
    return bool(imports) and all(imports)


def _latest(parts: Sequence[NotebookNode], wanted: frozenset[str]) -> list[NotebookNode]:
    """Return the cells that an answer is made of: all parts, without the versions that a later one replaces."""
    groups: list[list[NotebookNode]] = []
    for cell in parts:
        # What was cut out of the middle of a class or a function is no Python by itself, and goes on with the last.
        if groups and not (_parses([cell]) and _parses(groups[-1])) and _parses([*groups[-1], cell]):
            groups[-1].append(cell)
        else:
            groups.append([cell])
    kept: list[list[NotebookNode]] = []
    for group in groups:
        if _parses(group):
            defined = _defined_by(group)
            kept = [each for each in kept if not _defined_by(each) or not _defined_by(each) <= defined]
        kept.append(group)
    whole = [group for group in kept if _parses(group)]
    if len(whole) < len(kept) and wanted <= frozenset().union(*map(_defined_by, whole)):
        kept = whole  # in a notebook, too, a cell that is no Python costs no other one
    return [cell for group in kept for cell in group]


def _parses(group: Sequence[NotebookNode]) -> bool:
    return tree_of(_joined([cell.source for cell in group])) is not None


def _defined_by(group: Sequence[NotebookNode]) -> frozenset[str]:
    return names_of(_joined([cell.source for cell in group])).defined


def _joined(sources: Sequence[str]) -> str:
    return "\n".join(sources)


def leave_out(source: str) -> tuple[str, list[str]]:
    """Return a cell without IPython's lines that only change where a notebook runs, and these lines.

    Examples
    --------
    >>> leave_out("%pip install x\\ny = 1")
    ('pass  # %pip install x\\ny = 1', ['%pip install x'])
    """
    if len(source) > MOST_CHARACTERS or parsed(source) is not None:
        return source, []
    lines: list[str] = []

    def comment(found: re.Match[str]) -> str:
        indent, line = found[1], found[2]
        if not LEFT_OUT.fullmatch(line):
            return found[0]
        lines.append(first_line(line))
        return f"{indent}pass  # " + line.replace("\n", f"\n{indent}# ")

    def empty(found: re.Match[str]) -> str:
        lines.append(first_line(found[0]))
        return f"{found[1]}[]  # {found[2]}"

    return ASSIGNED.sub(empty, COMMAND.sub(comment, source)), lines


def first_line(source: str) -> str:
    """Return how a cell begins."""
    return (source.strip().splitlines() or [""])[0][:80]
