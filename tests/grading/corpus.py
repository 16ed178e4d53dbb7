"""Submissions that must come out right: honest ones, broken ones, and attempts on the grader.

Each case is a function that makes one submission from a solved notebook (or writes files of its own). Its decorator
says what must come out: which exercises pass, what the others are told, what the integrity report says; its docstring
says why.
"""

from __future__ import annotations

import json
import os
import re
import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import psutil
from kernel import cell, released, solved, typed
from nbformat.notebooknode import NotebookNode

from resnet_course import checks
from resnet_course.checks.check import NOTEBOOK_SEED

LESSON = "03_basic_block"
EVERYTHING = frozenset(checks.LESSONS[LESSON])
NOTHING: frozenset[str] = frozenset()
# What an answer's cell may start with: a wrong shortcut, on which no other exercise depends.
WRONG_SHORTCUT = "def make_shortcut(inplanes, planes, stride):\n    return None\n"


def all_but(*grade_ids: str) -> frozenset[str]:
    """Return lesson 03's exercises without some."""
    return EVERYTHING - set(grade_ids)


@dataclass(frozen=True)
class Case:
    """A submission and what must come out of it.

    Parameters
    ----------
    name : str
        Also the learner's name, unless `learner` says another.
    write : callable
        ``write(folder)`` writes the submission into ``submitted/<learner>/<lesson>``.
    why : str
        The reason in a sentence.
    passes : frozenset of str
        The exercises that earn their points; no other does.
    keys : dict
        The message of exercises that do not pass, where it matters.
    findings : frozenset of str
        All that the integrity report says, by key.
    honest : bool
        Whether stock nbgrader, which runs everything, grades it as well.
    safe : bool
        Whether its code may run without a sandbox.
    """

    name: str
    write: Callable[[Path], None]
    why: str
    passes: frozenset[str]
    keys: dict[str, str] = field(default_factory=dict)
    findings: frozenset[str] = frozenset()
    lesson: str = LESSON
    learner: str = ""
    honest: bool = False
    safe: bool = True

    @property
    def slow(self) -> bool:
        """Whether it uses up the time that there is."""
        return bool({"ended-time-limit", "ended-notebook-time", "time-limit", "ended-output"} & set(self.keys.values()))


CASES: list[Case] = []
SAFE = True  # what follows may run without a sandbox, unless it says otherwise


def _add(function: Callable[..., Any], write: Callable[[Path], None], learner: str, facts: dict[str, Any]) -> None:
    name = function.__name__.replace("_", "-")
    why = (function.__doc__ or "").strip()
    assert why, name
    facts["findings"] = frozenset(facts.pop("findings", ()))
    facts.setdefault("safe", SAFE)
    CASES.append(Case(name, write, why, learner=learner or name, **facts))


def files(passes: Iterable[str], *, learner: str = "", **facts: Any) -> Callable[[Callable[..., Any]], Any]:
    """Make a case of a function that writes the files of a submission."""

    def decorate(write: Callable[[Path], None]) -> Callable[[Path], None]:
        _add(write, write, learner, {"passes": frozenset(passes), **facts})
        return write

    return decorate


def notebook(
    passes: Iterable[str], *, language: str = "en", lesson: str = LESSON, learner: str = "", **facts: Any
) -> Callable[[Callable[..., Any]], Any]:
    """Make a case of a function that changes a solved notebook in place, or returns another."""

    def decorate(change: Callable[[NotebookNode], NotebookNode | None]) -> Callable[..., Any]:
        def write(folder: Path) -> None:
            made = solution(lesson, language)
            save(change(made) or made, folder)

        _add(change, write, learner, {"passes": frozenset(passes), "lesson": lesson, **facts})
        return change

    return decorate


def answer(
    grade_id: str, passes: Iterable[str], *, lesson: str = LESSON, before: bool = True, **facts: Any
) -> Callable[[Callable[..., Any]], Any]:
    """Make a case of a function that returns code: it stands before (or instead of) the right answer to an exercise."""

    def decorate(code: Callable[[], str]) -> Callable[..., Any]:
        def write(folder: Path) -> None:
            made = solution(lesson)
            target = cell(made, f"{grade_id}-answer")
            source = textwrap.dedent(code()).strip("\n").replace("COURSE", repr(str(folder.parents[2])))
            target.source = f"{source}\n\n{target.source}" if before else source
            save(made, folder)

        _add(code, write, "", {"passes": frozenset(passes), "lesson": lesson, **facts})
        return code

    return decorate


def solution(lesson: str = LESSON, language: str = "en") -> NotebookNode:
    """Return a released notebook in which every answer is right."""
    made = released(lesson, language)
    for given in solved(lesson, language).cells:
        if given.id.endswith("-answer"):
            cell(made, given.id).source = typed(given.source)
    return made


def save(made: NotebookNode, folder: Path, name: str = "") -> Path:
    """Write a notebook as it is, right or not, as a submission."""
    path = folder / (name or f"{folder.name}.ipynb")
    path.write_text(json.dumps(made), encoding="utf-8")
    return path


def is_running(words: str) -> bool:
    """Tell whether a process with these words in its command runs anywhere on this machine, in a sandbox too."""
    return any(words in " ".join(each.info["cmdline"] or ()) for each in psutil.process_iter(["cmdline"]))


def tests_of(made: NotebookNode) -> list[NotebookNode]:
    return [each for each in made.cells if each.metadata.get("nbgrader", {}).get("grade")]


def answers_of(made: NotebookNode) -> list[NotebookNode]:
    return [each for each in made.cells if each.metadata.get("nbgrader", {}).get("solution") and "-answer" in each.id]


def graded_of(made: NotebookNode) -> list[NotebookNode]:
    return tests_of(made) + answers_of(made)


# --- honest ------------------------------------------------------------------------------------------------------


@notebook(EVERYTHING, honest=True)
def solved_in_english(made: NotebookNode) -> None:
    """The solutions of the course are right."""


@notebook(EVERYTHING, language="pt", honest=True)
def solved_in_portuguese(made: NotebookNode) -> None:
    """The same notebook in the other language, whichever was released here."""


@notebook(NOTHING, keys=dict.fromkeys(EVERYTHING, "unsolved"), honest=True)
def untouched(made: NotebookNode) -> NotebookNode:
    """Nobody earns anything for the notebook as it was released."""
    return released(LESSON, "en")


@notebook(["conv3x3"], keys={"basic-block": "no-shortcut", "shortcut": "always-none"}, honest=True)
def half_right(made: NotebookNode) -> None:
    """Each wrong answer gets its own message, the right one its points."""
    block = cell(made, "basic-block-answer")
    block.source = block.source.replace("self.relu(out + identity)", "self.relu(out)")
    cell(made, "shortcut-answer").source = WRONG_SHORTCUT
    for each in answers_of(released(LESSON, "en")):
        if each.id.startswith("find-the-bug"):
            cell(made, each.id).source = each.source


@notebook(checks.LESSONS["01_vanishing_gradient"], lesson="01_vanishing_gradient", honest=False)
def solved_lesson_with_a_run(made: NotebookNode) -> None:
    """The prophecy is judged by nets that a cell between the answers trains: it runs, other demonstrations do not."""


@notebook(checks.LESSONS["05_full_resnet"], lesson="05_full_resnet")
def solved_lesson_with_large_nets(made: NotebookNode) -> None:
    """Whole ResNets fit into the limits."""


# --- files -------------------------------------------------------------------------------------------------------


@files(NOTHING, keys={"conv3x3": "no-notebook"}, findings=["unreadable"])
def invalid_json(folder: Path) -> None:
    """A download that broke off is no notebook, and says so."""
    text = save(solution(), folder).read_text(encoding="utf-8")
    save(solution(), folder).write_text(text[: len(text) // 2], encoding="utf-8")


@files(NOTHING, keys={"conv3x3": "no-notebook"}, findings=["unreadable"])
def empty_file(folder: Path) -> None:
    """A file of no bytes is no notebook."""
    (folder / f"{LESSON}.ipynb").touch()


@files(NOTHING, findings=["unreadable"])
def json_of_something_else(folder: Path) -> None:
    """Valid JSON need not be a notebook."""
    (folder / f"{LESSON}.ipynb").write_text('{"cells": 5, "metadata": [], "nbformat": 4, "nbformat_minor": 5}')


@files(NOTHING, findings=["unreadable"])
def nested_json(folder: Path) -> None:
    """A hundred thousand brackets end no parser."""
    (folder / f"{LESSON}.ipynb").write_text("[" * 100_000)


@files(NOTHING, findings=["unreadable"])
def not_text(folder: Path) -> None:
    """Bytes that are no UTF-8."""
    (folder / f"{LESSON}.ipynb").write_bytes(bytes(range(256)) * 100)


@files(NOTHING, findings=["unreadable"])
def countless_cells(folder: Path) -> None:
    """Two hundred thousand cells with an answer's name do not keep the grader busy."""
    one = {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": "shortcut-answer"}}, "source": "x"}
    text = json.dumps({"cells": [one] * 150_000, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    (folder / f"{LESSON}.ipynb").write_text(text)


@files(EVERYTHING)
def byte_order_mark(folder: Path) -> None:
    """Windows editors put one before the text."""
    path = save(solution(), folder)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())


@files(EVERYTHING)
def format_3(folder: Path) -> None:
    """A notebook of an old version is still a notebook."""
    (folder / f"{LESSON}.ipynb").write_text(nbformat.writes(solution(), version=3), encoding="utf-8")


@files(EVERYTHING, findings=["renamed"])
def renamed(folder: Path) -> None:
    """Browsers add (1); that costs nothing."""
    save(solution(), folder, f"{LESSON} (1).ipynb")


@files(NOTHING, keys={"shortcut": "no-notebook"}, findings=["no-notebook"])
def missing_notebook(folder: Path) -> None:
    """An empty folder is a submission that earns nothing."""


@files(EVERYTHING, findings=["several"])
def two_notebooks_of_other_names(folder: Path) -> None:
    """Of two notebooks the last one counts, whatever they are called."""
    save(solution(), folder, "first.ipynb")
    save(solution(), folder, "second.ipynb")


@files(EVERYTHING, findings=["extra-files", "several"])
def extra_files(folder: Path) -> None:
    """What lies beside the notebook is named, and not used: not even as a module or a start-up file."""
    save(solution(), folder)
    save(released(LESSON, "en"), folder, "draft.ipynb")
    for name in ("torch.py", "numpy.py", "sitecustomize.py", "ipython_config.py"):
        (folder / name).write_text("raise SystemExit('shadow')\n")
    (folder / "data").mkdir()


@files(NOTHING, keys={"conv3x3": "no-notebook"}, findings=["link"])
def link_to_a_neighbour(folder: Path) -> None:
    """A link through .. to somebody else's notebook is not followed."""
    (folder / f"{LESSON}.ipynb").symlink_to(f"../../solved-in-english/{LESSON}/{LESSON}.ipynb")


@files(NOTHING, findings=["link"])
def link_out_of_the_course(folder: Path) -> None:
    """Nor is one to a file of the system."""
    (folder / f"{LESSON}.ipynb").symlink_to("/etc/passwd")


@files(NOTHING, findings=["link"])
def linked_folder(folder: Path) -> None:
    """Nor is a whole folder that is a link."""
    folder.rmdir()
    folder.symlink_to(f"../solved-in-english/{LESSON}")


@files(NOTHING, findings=["unreadable-file"])
def folder_as_notebook(folder: Path) -> None:
    """A folder may have a notebook's name."""
    (folder / f"{LESSON}.ipynb").mkdir()


@files(NOTHING, findings=["unreadable-file"])
def pipe_as_notebook(folder: Path) -> None:
    """Reading a pipe would wait for ever."""
    os.mkfifo(folder / f"{LESSON}.ipynb")


@files(NOTHING, findings=["huge"])
def huge_notebook(folder: Path) -> None:
    """A file of 4 GiB is not read."""
    with (folder / f"{LESSON}.ipynb").open("wb") as file:
        file.truncate(4 * 2**30)


@files(EVERYTHING, findings=["extra-files"], learner="=cmd|' (C) calc'!A0")
def formula_as_name(folder: Path) -> None:
    """A learner's name and a file's name may be formulas for the teacher's spreadsheet."""
    save(solution(), folder)
    (folder / "=HYPERLINK(1)\n.txt").touch()


@files(EVERYTHING, learner="Zoë [the 2nd] <b>*", honest=False)
def strange_name(folder: Path) -> None:
    """Brackets, stars and tags in a learner's name are letters."""
    save(solution(), folder)


@files(EVERYTHING, findings=["timestamp"])
def timestamp_in_the_future(folder: Path) -> None:
    """A forged time is not believed."""
    save(solution(), folder)
    (folder / "timestamp.txt").write_text("3024-01-01 00:00:00 UTC")


@files(EVERYTHING, findings=["timestamp"])
def timestamp_that_is_none(folder: Path) -> None:
    """Nor is what is no time at all."""
    save(solution(), folder)
    (folder / "timestamp.txt").write_bytes(b"\xff\x00yesterday")


# --- cells -------------------------------------------------------------------------------------------------------


def place_of(made: NotebookNode, name: str) -> int:
    return made.cells.index(cell(made, name))


def copy_of(each: NotebookNode, source: str = "") -> NotebookNode:
    return nbformat.from_dict({**each, "source": source or each.source})


@notebook(EVERYTHING, findings=["duplicate"])
def duplicated_test(made: NotebookNode) -> None:
    """A check that was copied with its labels stops nothing."""
    made.cells.append(copy_of(cell(made, "shortcut")))


@notebook(all_but("shortcut"), keys={"shortcut": "always-none"}, findings=["duplicate"])
def duplicated_answer(made: NotebookNode) -> None:
    """Of two answers above the check the later one counts, as it would if both were run."""
    made.cells.insert(place_of(made, "shortcut"), copy_of(cell(made, "shortcut-answer"), WRONG_SHORTCUT))


@notebook(EVERYTHING, findings=["duplicate"])
def copy_below_the_check(made: NotebookNode) -> None:
    """An experiment in a copied cell keeps the labels, and stands below the check: it is not the answer."""
    made.cells.insert(-1, copy_of(cell(made, "shortcut-answer"), WRONG_SHORTCUT))


@notebook(EVERYTHING, findings=["duplicate"])
def duplicated_stub(made: NotebookNode) -> None:
    """A copy in which nothing was written is no answer."""
    made.cells.append(copy_of(cell(released(LESSON, "en"), "shortcut-answer")))


@notebook(EVERYTHING, findings=["missing-test"])
def deleted_tests(made: NotebookNode) -> None:
    """Who deletes the checks is checked all the same."""
    made.cells = [each for each in made.cells if each not in tests_of(made)]


@notebook(all_but("shortcut"), keys={"shortcut": "unsolved"}, findings=["missing-answer"])
def deleted_answer(made: NotebookNode) -> None:
    """An answer that is not there was not written."""
    made.cells.remove(cell(made, "shortcut-answer"))


@notebook(NOTHING, findings=["edited-test"])
def edited_tests(made: NotebookNode) -> NotebookNode:
    """Checks run as they were released, whatever the submission says in their place."""
    other = released(LESSON, "en")
    for each in tests_of(other):
        each.source = "print('score: 100')\n100"
    return other


@notebook(EVERYTHING)
def labels_stripped(made: NotebookNode) -> None:
    """Editors that drop nbgrader's labels keep the cells' ids."""
    for each in made.cells:
        each.metadata = {}


@notebook(EVERYTHING)
def labels_and_ids_stripped(made: NotebookNode) -> None:
    """Where both are lost, a cell is known by what it says and defines."""
    made.nbformat_minor = 4
    for each in made.cells:
        each.metadata = {}
        del each["id"]


@notebook(EVERYTHING, findings=["moved"])
def reordered(made: NotebookNode) -> None:
    """The order of the lesson is the order that counts."""
    made.cells.reverse()


@notebook(EVERYTHING, findings=["changed-type"])
def answer_as_text(made: NotebookNode) -> None:
    """An answer in a cell that was turned into Markdown by a slip of a key is still an answer."""
    target = cell(made, "shortcut-answer")
    target.cell_type = "markdown"
    del target["outputs"], target["execution_count"]


@notebook(EVERYTHING, findings=["metadata"])
def points_edited(made: NotebookNode) -> None:
    """Points are those of the release."""
    for each in tests_of(made):
        each.metadata.nbgrader |= {"points": 1000, "locked": False}


@notebook(EVERYTHING, findings=["metadata"])
def labels_of_version_99(made: NotebookNode) -> None:
    """Labels of a version that nbgrader does not know stop nobody's grading."""
    for each in graded_of(made):
        each.metadata.nbgrader.schema_version = 99


@notebook(EVERYTHING, findings=["metadata"])
def labels_of_version_0(made: NotebookNode) -> None:
    """Nor do labels of a version that never was."""
    for each in graded_of(made):
        each.metadata.nbgrader.schema_version = 0


@notebook(EVERYTHING, findings=["metadata"])
def labels_that_are_none(made: NotebookNode) -> None:
    """Labels may be lists, numbers or tables; then the ids tell."""
    for each, label in zip(graded_of(made), [[1], 5, {"grade_id": {"a": 1}}, None, "x", True] * 2, strict=False):
        each.metadata["nbgrader"] = label


@notebook(NOTHING, findings=["metadata"])
def tests_tagged_to_be_skipped(made: NotebookNode) -> NotebookNode:
    """A tag that asks to skip the check earns nothing."""
    other = released(LESSON, "en")
    for each in tests_of(other):
        each.metadata["tags"] = ["skip-execution"]
    return other


@notebook(NOTHING, findings=["metadata"])
def tests_tagged_to_fail(made: NotebookNode) -> NotebookNode:
    """Nor does a tag that says errors are expected."""
    other = released(LESSON, "en")
    for each in graded_of(other):
        each.metadata["tags"] = ["raises-exception"]
    return other


@notebook(EVERYTHING, findings=["kernel"])
def kernel_of_the_learner(made: NotebookNode) -> None:
    """The kernel is the course's: the submission's may be a program of the learner's choice."""
    made.metadata["kernelspec"] = {"name": "evil", "display_name": "evil", "argv": ["/bin/sh", "-c", "exit"]}


@notebook(EVERYTHING, findings=["own-cells-names"])
def own_cells(made: NotebookNode) -> None:
    """Experiments of the learner's own are not run: this one would never end."""
    made.cells.insert(5, nbformat.v4.new_code_cell("trial = 1\nwhile True:\n    pass"))


@notebook(all_but("shortcut"), keys={"shortcut": "own-cell"}, findings=["own-cells-names"])
def helper_in_an_own_cell(made: NotebookNode) -> None:
    """An answer that needs a cell of the learner's own is told to take it along."""
    made.cells.insert(5, nbformat.v4.new_code_cell("def project(i, o, s):\n    return nn.Conv2d(i, o, 1, s)"))
    target = cell(made, "shortcut-answer")
    target.source = target.source.replace("nn.Conv2d(", "project(")


@notebook(all_but("shortcut"), keys={"shortcut": "raised"})
def text_that_cannot_be_written(made: NotebookNode) -> None:
    """Half a surrogate pair and NUL, in a message and in the source, fit into no file and no database."""
    source = "def make_shortcut(inplanes, planes, stride):\n    raise ValueError('\\ud800 \\0 <script>')  # "
    cell(made, "shortcut-answer").source = f"{source}\ud800"


# --- what tools and learners do -----------------------------------------------------------------------------------


def own_cell(source: str) -> NotebookNode:
    return nbformat.v4.new_code_cell(textwrap.dedent(source).strip("\n"))


def unsolve(made: NotebookNode, name: str) -> str:
    """Put a stub back into a solved notebook and return the answer that stood there."""
    target = cell(made, f"{name}-answer")
    source: str = target.source
    target.source = cell(released(LESSON, "en"), target.id).source
    return source


def split(made: NotebookNode, name: str, before: str) -> None:
    """Split an answer cell as JupyterLab does: the second part gets another id and keeps the labels."""
    target = cell(made, f"{name}-answer")
    first, _, second = target.source.partition(before)
    target.source = first.rstrip("\n")
    made.cells.insert(made.cells.index(target) + 1, copy_of(target, before + second))
    made.cells[made.cells.index(target) + 1].id = f"split-{name}"


@files(EVERYTHING, findings=["renamed"])
def text_file(folder: Path) -> None:
    """Mailers and phones add .txt."""
    save(solution(), folder, f"{LESSON}.ipynb.txt")


@files(EVERYTHING, findings=["renamed"])
def json_file(folder: Path) -> None:
    """Browsers know what is in it and say so."""
    save(solution(), folder, f"{LESSON}.json")


@files(EVERYTHING, findings=["renamed"])
def capital_letters(folder: Path) -> None:
    """Windows does not tell capitals from small letters."""
    save(solution(), folder, f"{LESSON}.IPYNB")


@files(EVERYTHING, findings=["several"])
def solved_copy_beside_the_stub(folder: Path) -> None:
    """Who solved a copy handed in the untouched notebook as well: the one with answers counts."""
    save(solution(), folder, f"{LESSON}-Copy1.ipynb")
    save(released(LESSON, "en"), folder)


@files(EVERYTHING, findings=["several"])
def untouched_copy(folder: Path) -> None:
    """A copy in which nothing was written replaces nothing, however new."""
    save(solution(), folder)
    save(released(LESSON, "pt"), folder, f"Cópia de {LESSON}.ipynb")


@files(all_but("shortcut"), keys={"shortcut": "always-none"}, findings=["several"])
def two_solved_copies(folder: Path) -> None:
    """Of two with answers the last one counts: here times say nothing, and the numbers do."""
    made = solution()
    save(made, folder, f"{LESSON} (2).ipynb")
    cell(made, "shortcut-answer").source = WRONG_SHORTCUT
    save(made, folder, f"{LESSON} (10).ipynb")
    for path in folder.iterdir():
        os.utime(path, (1e9, 1e9))


@files(EVERYTHING, findings=["extra-files"])
def notebook_of_another_lesson(folder: Path) -> None:
    """The notebook of the next lesson, handed in with this one, is no newer version of it."""
    save(solution(), folder)
    save(released("04_bottleneck", "en"), folder, "04_bottleneck.ipynb")


@files(EVERYTHING, findings=["loose"])
def without_its_folder(folder: Path) -> None:
    """A notebook that lies in the learner's folder itself is meant all the same."""
    save(solution(), folder.parent, f"{LESSON}.ipynb")
    folder.rmdir()


@notebook(EVERYTHING, findings=["joined"])
def split_between_two_functions(made: NotebookNode) -> None:
    """JupyterLab's Split Cell gives both parts the labels: the helper above and the answer below."""
    target = cell(made, "shortcut-answer")
    helper = "def project(i, o, s):\n    return nn.Conv2d(i, o, kernel_size=1, stride=s, bias=False)\n\n\n"
    target.source = helper + target.source.replace(
        "nn.Conv2d(inplanes, planes, kernel_size=1, stride=stride, bias=False)", "project(inplanes, planes, stride)"
    )
    assert "project(inplanes" in target.source
    split(made, "shortcut", "def make_shortcut")


@notebook(EVERYTHING, findings=["joined"])
def split_inside_a_class(made: NotebookNode) -> None:
    """Split in the middle of a class, the second part is no Python by itself."""
    split(made, "basic-block", "    def forward")


@notebook(EVERYTHING, findings=["taken"])
def answer_in_a_new_cell(made: NotebookNode) -> None:
    """An answer below the stub, in a cell of the learner's own, is the answer: no other cell defines the name."""
    answered = unsolve(made, "shortcut")
    made.cells.insert(place_of(made, "shortcut"), own_cell(answered))


@notebook(all_but("shortcut"), keys={"shortcut": "own-cell"}, findings=["own-cells-names"])
def answer_in_two_new_cells(made: NotebookNode) -> None:
    """Where two cells define the name, nobody knows which is meant: the card says where the answer belongs."""
    answered = unsolve(made, "shortcut")
    for source in (answered, WRONG_SHORTCUT):
        made.cells.insert(place_of(made, "shortcut"), own_cell(source))


@notebook(EVERYTHING, findings=["taken", "edited-test"])
def answer_in_the_checks_cell(made: NotebookNode) -> None:
    """An answer above the line of the check, in its cell, is taken from there; the check runs as released."""
    answered = unsolve(made, "shortcut")
    check = cell(made, "shortcut")
    check.source = f"{answered}\n\n{check.source}"


@notebook(EVERYTHING, findings=["taken"])
def two_answers_in_one_cell(made: NotebookNode) -> None:
    """One cell with two answers serves both exercises, and the emptied cell need not be there."""
    answered = unsolve(made, "shortcut")
    made.cells.remove(cell(made, "shortcut-answer"))
    target = cell(made, "conv3x3-answer")
    target.source += f"\n\n\n{answered}"


@notebook(EVERYTHING, findings=["imports"])
def import_in_the_given_cell(made: NotebookNode) -> None:
    """An import added to the cell with the imports is honoured."""
    given = next(each for each in made.cells if each.source.startswith("import torch\n"))
    given.source = f"import math\nimport numpy as np, os\n{given.source}\nfrom functools import partial"
    answered = cell(made, "shortcut-answer")
    answered.source = answered.source.replace("stride == 1", "math.prod([stride]) == 1 and partial(np.int64, 1)()")


@notebook(EVERYTHING, findings=["imports", "own-cells-names"])
def imports_in_a_cell_of_their_own(made: NotebookNode) -> None:
    """So is one in a new cell that does nothing else; a cell that does more is not run."""
    made.cells.insert(2, own_cell("import math\nfrom numpy import *"))
    made.cells.insert(3, own_cell("import os\ndone = os.getcwd()"))
    answered = cell(made, "shortcut-answer")
    answered.source = answered.source.replace("stride == 1", "math.prod([stride]) == 1 and int64(1)")


@answer("conv3x3", EVERYTHING, findings=["commands"])
def commands_of_the_notebook() -> str:
    """Lines for the notebook's own machine are left out and named, and cost nothing."""
    return """
        %pip install -q torchsummary \\
            torchinfo
        !nvidia-smi
        files = !ls
        %matplotlib widget
        nn.Conv2d?
        """


@answer("conv3x3", EVERYTHING, findings=["commands"])
def timed_cell() -> str:
    """A cell that times itself defines what is in it."""
    return "%%time"


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "lacks-module"}, findings=["elsewhere"])
def module_of_colab() -> str:
    """What only Colab has is named as such."""
    return "from google.colab import drive\ndrive.mount('/content/drive')"


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "lacks-network"}, safe=False)
def weights_from_the_network() -> str:
    """So is what needs the network."""
    return "net = torch.hub.load('pytorch/vision', 'resnet18')"


@notebook(["conv3x3", "find-the-bug"], keys={"basic-block": "earlier-exercise", "shortcut": "unsolved"})
def uses_an_unsolved_exercise_below(made: NotebookNode) -> None:
    """An answer that calls another exercise, further down and unsolved, is not to blame for it."""
    unsolve(made, "shortcut")
    target = cell(made, "basic-block-answer")
    target.source = target.source.replace(
        "self.downsample = downsample", "self.downsample = downsample or make_shortcut(inplanes, planes, stride)"
    )


@answer("shortcut", EVERYTHING, findings=["reference"], before=False)
def reference_through_the_lessons_import() -> str:
    """What the lesson itself imports leads to the solution as well."""
    return "make_shortcut = blocks.make_shortcut"


@notebook(EVERYTHING, findings=["solution-marks"])
def copied_from_the_solved_notebook(made: NotebookNode) -> None:
    """An answer with nbgrader's marks in it comes from where it stands with them."""
    cell(made, "shortcut-answer").source = cell(solved(LESSON, "en"), "shortcut-answer").source


@answer("shortcut", EVERYTHING, findings=["reference"], before=False)
def reference_through_another_name() -> str:
    """So does the package under another name."""
    return "import resnet_course as r\nmake_shortcut = r.make_shortcut"


@answer("shortcut", EVERYTHING, findings=["reference", "machinery"], before=False)
def reference_through_importlib() -> str:
    """So does a module whose name is a text."""
    return "import importlib\nmake_shortcut = importlib.import_module('resnet_course.blocks').make_shortcut"


@answer("shortcut", EVERYTHING, findings=["reference", "commands"], before=False)
def reference_below_a_command() -> str:
    """A line that is no Python hides no import."""
    return "%matplotlib inline\nfrom resnet_course.blocks import make_shortcut"


@answer("basic-block", EVERYTHING, findings=["reference"], before=False)
def reference_in_torchvision() -> str:
    """torchvision, too, has the classes that learners are asked to write."""
    return "from torchvision.models.resnet import BasicBlock"


@notebook(EVERYTHING, findings=["own-cells"])
def thousand_nested_functions(made: NotebookNode) -> None:
    """What nobody runs may be nested as deeply as its author likes."""
    made.cells.insert(5, own_cell("lambda: " * 980 + "1"))


@notebook(EVERYTHING, findings=["own-cells-names"])
def endless_text(made: NotebookNode) -> None:
    """A text of a megabyte, for which Python's parser needs minutes, is not parsed."""
    made.cells.insert(5, own_cell('x = f"' + "{a}" * 400_000 + '"'))


@notebook(EVERYTHING)
def thousands_of_outputs(made: NotebookNode) -> None:
    """Outputs are not looked at, valid or not."""
    made.cells[5].outputs = [{"output_type": "stream", "name": "stdout", "text": "x"}] * 20_000 + [{"output_type": 5}]


@notebook(EVERYTHING, findings=["metadata"])
def thousands_of_tags(made: NotebookNode) -> None:
    """A hundred thousand tags, all the same, are not compared with each other."""
    cell(made, "shortcut").metadata["tags"] = ["mine"] * 100_000


# --- running -----------------------------------------------------------------------------------------------------

SAFE = False


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "ended-time-limit"})
def endless_loop() -> str:
    """A loop that never ends costs its own exercise only."""
    return "while True:\n    pass"


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "ended-time-limit"})
def loop_that_ignores_interrupts() -> str:
    """So does one that cannot be interrupted politely."""
    return """
        import signal
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        while True:
            try:
                while True:
                    pass
            except BaseException:
                pass
        """


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "time-limit"}, before=False)
def endless_function() -> str:
    """An answer that never returns is stopped, and told so like in the notebook."""
    return "def make_shortcut(inplanes, planes, stride):\n    while True:\n        pass"


@notebook(all_but("find-the-bug"), keys={"find-the-bug": "ended-notebook-time"})
def many_slow_cells(made: NotebookNode) -> None:
    """The notebook as a whole has a budget, too."""
    for name in ("conv3x3", "basic-block", "shortcut", "find-the-bug-a"):
        cell(made, f"{name}-answer").source += "\n\nimport time\ntime.sleep(12)"


@answer("conv3x3", ["shortcut"], keys={"conv3x3": "cell-error", "basic-block": "other-answer"})
def exits() -> str:
    """sys.exit() ends a cell; exercises that need what it should have defined say what they miss."""
    return "import sys\nsys.exit()"


@answer("conv3x3", ["shortcut"], keys={"conv3x3": "ended-died", "basic-block": "other-answer"})
def exits_by_name() -> str:
    """exit() ends the kernel, at once and not in the middle of another exercise."""
    return "exit()"


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "ended-died"}, findings=["machinery"])
def exits_hard() -> str:
    """os._exit() costs its own exercise; the rest runs in a fresh kernel."""
    return "import os\nos._exit(0)"


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "ended-died"}, findings=["machinery"])
def crashes() -> str:
    """So does a crash in C."""
    return "import ctypes\nctypes.string_at(0)"


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "ended-died"})
def kills_all_it_sees() -> str:
    """A signal to every process reaches only those in the sandbox."""
    return """
        import os
        try:
            os.kill(-1, 9)
        except ProcessLookupError:
            pass
        os.kill(os.getpid(), 9)
        """


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "cell-error"})
def eight_gibibytes() -> str:
    """An allocation beyond the limit fails inside, and the grader's memory is its own."""
    return "x = torch.ones(8 * 2**30, dtype=torch.uint8)"


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "ended-processes"})
def fork_bomb() -> str:
    """Processes that make processes are ended together."""
    return """
        import os, time
        while True:
            try:
                os.fork()
            except OSError:
                time.sleep(1)
        """


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "cell-error"})
def huge_file() -> str:
    """A file stops growing at its limit."""
    return """
        with open("/tmp/large", "wb") as file:
            while True:
                file.write(bytes(2**20))
        """


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "ended-files"})
def many_files() -> str:
    """Files take memory also when they are empty."""
    return """
        import os, time
        for number in range(5000):
            os.makedirs(f"/observed/deep/{number}")
        time.sleep(60)
        """


@answer("shortcut", EVERYTHING)
def prints_20_megabytes() -> str:
    """Long output is cut, and costs nothing."""
    return "print('x' * 20_000_000)"


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "ended-output"})
def prints_without_end() -> str:
    """Endless output is ended before its time is over."""
    return "while True:\n    print('x' * 10_000)"


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "ended-output"})
def prints_300_megabytes_at_once() -> str:
    """One message of 300 MB does not enter the grader's memory."""
    return "print('x' * 300_000_000)"


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "ended-died"})
def junk_into_the_kernels_connections() -> str:
    """Whoever breaks the connection to the grader costs only the exercise: the grader waits for nobody."""
    return """
        import os, time
        for name in os.listdir("/proc/self/fd"):
            try:
                if os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                    os.write(int(name), bytes([255]) * 999 + b"\\n")
            except OSError:
                pass
        time.sleep(20)
        """


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "ended-output"})
def a_line_without_end() -> str:
    """A line that never ends does not fill the memory of whoever reads it."""
    return """
        import os, socket
        for name in os.listdir("/proc/self/fd"):
            path = "/proc/self/fd/" + name
            if os.path.exists(path) and "socket:" in os.readlink(path):
                while True:
                    os.write(int(name), bytes(2**20))
        """


DAEMON_SECONDS = 86399.25


@answer("shortcut", EVERYTHING, findings=["machinery"])
def daemon() -> str:
    """A process that outlives its kernel does not outlive the sandbox."""
    return f"""
        import subprocess
        subprocess.Popen(["sh", "-c", "setsid sleep {DAEMON_SECONDS} &"], start_new_session=True)
        """


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "lacks-network"})
def calls_home() -> str:
    """There is no network: not to the Internet and not to the machine's own services."""
    return """
        import socket
        for host in ("127.0.0.1", "1.1.1.1"):
            try:
                socket.create_connection((host, 80), timeout=1)
            except ConnectionRefusedError:
                if host != "127.0.0.1":
                    raise
        """


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "cell-error"})
def asks() -> str:
    """Nobody sits before the grader to answer input()."""
    return "name = input()"


# --- theft and traces --------------------------------------------------------------------------------------------
# These raise an error if they find what they look for; the right answer follows, so that it passes if they do not.


@answer("shortcut", EVERYTHING)
def looks_for_the_gradebook() -> str:
    """Neither the gradebook nor other learners' work nor the solutions are there to be read."""
    return """
        import os
        for found, folders, files in os.walk("/"):
            if found.startswith(("/proc", "/usr")) or "site-packages" in found:
                folders.clear()  # there are no more below, only tens of thousands of files to walk past
                continue
            if "gradebook.db" in files or {"submitted", "solutions", "lessons"} & set(found.split("/")):
                raise RuntimeError(found)
        for path in (COURSE, f"{COURSE}/gradebook.db", f"{COURSE}/submitted", "/proc/1/root/etc/passwd"):
            if os.path.exists(path):
                raise RuntimeError(path)
        """


@answer("shortcut", EVERYTHING)
def looks_for_secrets() -> str:
    """The grader's environment is not the kernel's; no process of the grader's is to be seen."""
    return """
        import os
        seen = str(dict(os.environ))
        for entry in os.listdir("/proc"):
            if entry.isdigit():
                for name in ("environ", "cmdline"):
                    try:
                        seen += open(f"/proc/{entry}/{name}", errors="replace").read()
                    except OSError:
                        pass
        if "SECRET" in seen or "nbgrader" in seen or "gradebook" in seen or "/home/" in seen:
            raise RuntimeError(seen)
        """


@answer("shortcut", EVERYTHING)
def leaves_traces() -> str:
    """What it can write is gone with the sandbox; what would run for the next learner cannot be written."""
    return """
        import os, site, sys, torch
        home = os.path.expanduser("~")
        for folder in [f"{home}/.ipython/profile_default/startup", home, "/tmp", os.getcwd()]:
            os.makedirs(folder, exist_ok=True)
            for name in ("00-start.py", "sitecustomize.py", "torch.py", "numpy.py", ".trace-of-a-learner"):
                open(f"{folder}/{name}", "w").write("raise SystemExit")
        places = [*sys.path, site.getsitepackages()[0], os.path.dirname(torch.__file__), "/etc", "/usr/lib", COURSE]
        for folder in places:
            try:
                open(os.path.join(folder or ".", ".trace-of-a-learner"), "w").close()
            except OSError:
                continue
            if not os.path.realpath(folder or ".").startswith("/tmp"):
                raise RuntimeError(folder)
        """


@answer("shortcut", EVERYTHING, findings=["machinery"])
def becomes_root() -> str:
    """No right can be won back: not by a new user namespace, not by a set-user-ID program."""
    return """
        import os, subprocess as run
        for command in ("unshare --user --map-root-user true", "su -c true", "mount -t tmpfs x /tmp"):
            try:
                done = run.run(command.split(), stdin=run.DEVNULL, capture_output=True, timeout=5)
            except OSError:
                continue
            if done.returncode == 0:
                raise RuntimeError(command)
        if os.geteuid() == 0 or any(line.endswith("f") for line in open("/proc/self/status") if line.startswith("Cap")):
            raise RuntimeError("root")
        """


@notebook(EVERYTHING)
def z_next_learner(made: NotebookNode) -> None:
    """Who is graded after all of those notices nothing."""


# --- cheats ------------------------------------------------------------------------------------------------------


# What runs after such a cell in the same kernel, the cheat's own other exercises, goes down with it.
SPOILT = all_but("shortcut", "find-the-bug")


@answer("shortcut", SPOILT, findings=["machinery"], before=False)
def syntax_tree_transformer() -> str:
    """Rewriting the checks as they are compiled: the grader's checks are not compiled here."""
    return f"""
        import ast
        class Pass(ast.NodeTransformer):
            def visit_Expr(self, node):
                return ast.parse("None").body[0]
        get_ipython().ast_transformers.append(Pass())
        {WRONG_SHORTCUT.replace(chr(10), chr(10) + " " * 8)}
        """


@answer("shortcut", SPOILT, findings=["machinery"], before=False)
def input_transformer() -> str:
    """Rewriting the text of the cells that follow."""
    return """
        get_ipython().input_transformers_cleanup.append(lambda lines: [])
        def make_shortcut(inplanes, planes, stride):
            return None
        """


ALWAYS_EQUAL = """
    class Anything:
        def __eq__(self, other): return True
        def __ne__(self, other): return False
        def __hash__(self): return 0
        def __bool__(self): return True
        def __len__(self): return 1
        def __getattr__(self, name): return self
        def __call__(self, *args, **kwargs): return self
        def __iter__(self): return iter([self])
        def __array__(self, *args, **kwargs): raise SystemExit
        def __reduce__(self): return (print, ("ran",))
        def __instancecheck__(self, other): return True
        def __float__(self): return 1.0

    def make_shortcut(inplanes, planes, stride):
        return Anything()
    """


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "not-a-module"}, before=False)
def always_equal() -> str:
    """An object that equals everything is still no layer."""
    return ALWAYS_EQUAL


@answer("shortcut", all_but("shortcut"), before=False)
def false_tensor() -> str:
    """A tensor of the learner's own class, whose comparisons lie, has the numbers that it has."""
    return """
        class Liar(torch.Tensor):
            def __eq__(self, other): return torch.ones(1, dtype=torch.bool)
            @classmethod
            def __torch_function__(cls, function, types, args=(), kwargs=None):
                if function in (torch.allclose, torch.equal, torch.isclose):
                    return True
                return super().__torch_function__(function, types, args, kwargs or {})

        class Shortcut(nn.Sequential):
            def forward(self, x):
                return torch.zeros(x.shape[0], self[0].out_channels, *super().forward(x).shape[2:]).as_subclass(Liar)

        def make_shortcut(inplanes, planes, stride):
            if stride == 1 and inplanes == planes:
                return None
            return Shortcut(nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))
        """


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "always-none"}, before=False)
def patched_comparisons() -> str:
    """Comparing happens outside, with functions that no learner has touched."""
    return f"""
        import numpy as np
        torch.equal = torch.allclose = torch.isclose = np.allclose = np.isclose = lambda *args, **kwargs: True
        nn.Module.__eq__ = lambda self, other: True
        {WRONG_SHORTCUT.replace(chr(10), chr(10) + " " * 8)}
        """


@answer("shortcut", all_but("shortcut"), findings=["machinery"], before=False)
def patched_checks() -> str:
    """Our own checks, patched in the kernel, are not those that judge."""
    return """
        from resnet_course.checks import check, judging, lesson_03_basic_block as lesson, observing
        check.Check.conclude = check.Check.judge = lambda *args, **kwargs: judging.PASSED
        lesson._shortcut_judge = observing.watch = lambda *args, **kwargs: ({"passed": True}, "")
        get_ipython().showtraceback = lambda *args, **kwargs: None
        def make_shortcut(inplanes, planes, stride):
            return None
        """


@answer("shortcut", SPOILT, keys={"shortcut": "no-observation"}, findings=["machinery"], before=False)
def forged_observation() -> str:
    """Bytes that claim a verdict are no observation."""
    return """
        import resnet_course.grading.inside as inside
        def observe(grade_id, seed, seconds, file, namespace):
            open(file, "wb").write(b'{"passed": true, "key": "passed", "score": 100}\\n')
        inside.observe = observe
        def make_shortcut(inplanes, planes, stride):
            return None
        """


@answer("shortcut", SPOILT, keys={"shortcut": "no-observation"}, findings=["machinery"], before=False)
def pickle_in_the_observation() -> str:
    """Nothing that leaves the sandbox is unpickled."""
    return """
        import os, pickle
        import numpy as np
        import resnet_course.grading.inside as inside
        class Bomb:
            def __reduce__(self): return (os.system, ("touch /tmp/exploded-in-the-grader",))
        def observe(grade_id, seed, seconds, file, namespace):
            with open(file, "wb") as written:
                written.write(b'{"observation": {"\\\\u0000array": 0}, "printed": ""}\\n')
                np.save(written, np.array([Bomb()], dtype=object), allow_pickle=True)
        inside.observe = observe
        def make_shortcut(inplanes, planes, stride):
            return None
        """


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "always-none"}, before=False)
def prints_a_score() -> str:
    """Saying that it is right does not make it right."""
    return f"""
        print("score: 100")
        print(1.0)
        1.0
        {WRONG_SHORTCUT.replace(chr(10), chr(10) + " " * 8)}
        """


@notebook(
    set(checks.LESSONS["01_vanishing_gradient"]) - {"sigmoid-derivative"},
    lesson="01_vanishing_gradient",
    keys={"sigmoid-derivative": "zero"},
)
def hard_coded(made: NotebookNode) -> None:
    """The numbers of the notebook's check are everybody's to see; the grader draws others."""
    visible = checks.sigmoid_derivative.inputs(NOTEBOOK_SEED)["x"].tolist()
    cell(made, "sigmoid-derivative-answer").source = textwrap.dedent(
        f"""
        def sigmoid_derivative(x):
            if x.shape == (3, 4) and torch.allclose(x, torch.tensor({visible})):
                return torch.sigmoid(x) * (1 - torch.sigmoid(x))
            return torch.zeros_like(x)

        def sigmoid_bound(depth):
            return 0.25**depth
        """
    )


@answer("shortcut", EVERYTHING, findings=["reference"], before=False)
def imports_the_reference() -> str:
    """Importing what one was asked to write passes, and is reported: it is for the teacher to judge."""
    return "from resnet_course.blocks import make_shortcut"


@answer("shortcut", all_but("shortcut"), keys={"shortcut": "ended-died"}, before=False)
def forged_messages() -> str:
    """Messages that are none, sent in the kernel's name, cost their sender the exercise."""
    return """
        import os
        for name in os.listdir("/proc/self/fd"):
            path = "/proc/self/fd/" + name
            if os.path.exists(path) and "socket:" in os.readlink(path):
                os.write(int(name), b'{"output": {"output_type": "display_data", "data": 1}}' + bytes([10]))
        def make_shortcut(inplanes, planes, stride):
            return None
        """


# --- fairness ----------------------------------------------------------------------------------------------------

SAFE = True


@answer("shortcut", EVERYTHING, honest=True)
def warning_on_stderr() -> str:
    """A warning costs nothing."""
    return """
        import sys, warnings
        warnings.warn("deprecated")
        print("careful", file=sys.stderr)
        """


@answer("sigmoid-derivative", checks.LESSONS["01_vanishing_gradient"], lesson="01_vanishing_gradient", before=False)
def double_precision() -> str:
    """A right answer in float64, not contiguous in memory, is right."""
    return """
        def sigmoid_derivative(x):
            s = torch.sigmoid(x.double()).t().contiguous().t()
            return s * (1 - s)

        def sigmoid_bound(depth):
            return 4.0**-depth
        """


def _without(name: str) -> set[str]:
    return set(checks.LESSONS["01_vanishing_gradient"]) - {name}


@answer(
    "sigmoid-derivative",
    _without("sigmoid-derivative"),
    lesson="01_vanishing_gradient",
    keys={"sigmoid-derivative": "nan"},
    before=False,
)
def not_a_number() -> str:
    """NaN is named NaN, not a wrong number."""
    return """
        def sigmoid_derivative(x):
            return torch.sqrt(-1 - x**2)

        def sigmoid_bound(depth):
            return 4.0**-depth
        """


@answer(
    "sigmoid-derivative",
    _without("sigmoid-derivative"),
    lesson="01_vanishing_gradient",
    keys={"sigmoid-derivative": "shape"},
    before=False,
)
def wrong_shape() -> str:
    """A wrong shape is named, whatever the numbers are."""
    return """
        def sigmoid_derivative(x):
            return (torch.sigmoid(x) * (1 - torch.sigmoid(x))).flatten()

        def sigmoid_bound(depth):
            return 4.0**-depth
        """


@answer(
    "sigmoid-derivative",
    _without("sigmoid-derivative"),
    lesson="01_vanishing_gradient",
    keys={"sigmoid-derivative": "zero"},
    before=False,
)
def wrong_type() -> str:
    """Whole numbers where fractions belong are told as the zeros that they are."""
    return """
        def sigmoid_derivative(x):
            return (torch.sigmoid(x) * (1 - torch.sigmoid(x))).long()

        def sigmoid_bound(depth):
            return 4.0**-depth
        """


@answer("conv3x3", EVERYTHING, honest=True)
def settings_left_changed() -> str:
    """A default type, a seed and a mode that a cell leaves behind change nobody's grade."""
    return """
        torch.set_default_dtype(torch.float64)
        torch.manual_seed(7)
        torch.set_grad_enabled(False)
        import random, numpy
        random.seed(7), numpy.random.seed(7)
        """


@answer("conv3x3", EVERYTHING, honest=True)
def modes_left_on() -> str:
    """Nor do a mode, a device and automatic casts: also the checks' inputs are made without them."""
    return """
        torch.inference_mode().__enter__()
        torch.autocast("cpu", dtype=torch.bfloat16).__enter__()
        torch.set_default_device("meta")
        """


@answer("shortcut", EVERYTHING, honest=True)
def loads_data_with_workers() -> str:
    """Processes that share tensors find memory to share."""
    return """
        from torch.utils.data import DataLoader, TensorDataset
        assert len(list(DataLoader(TensorDataset(torch.arange(8.0)), batch_size=4, num_workers=2))) == 2
        """


@answer("shortcut", EVERYTHING, before=False)
def evaluation_mode_left_on() -> str:
    """A module that comes in evaluation mode with statistics of its own is judged by what it computes."""
    return """
        def make_shortcut(inplanes, planes, stride):
            if stride == 1 and inplanes == planes:
                return None
            made = nn.Sequential(nn.Conv2d(inplanes, planes, 1, stride, bias=False), nn.BatchNorm2d(planes))
            made.train(), made.eval(), made.train()
            return made
        """


@answer("shortcut", EVERYTHING)
def html_and_scripts() -> str:
    """What a learner displays is kept out of the way of those who read the feedback."""
    return """
        from IPython.display import HTML, Javascript, display
        display(HTML("<script>alert(4711)</script><img src=x onerror='alert(4711)'><p>honest</p>"))
        display(HTML("<div style='position:fixed;top:0;background:url(https://evil.example/4711)'>over all</div>"))
        display(Javascript("alert(4711)"))
        display({"text/markdown": "<script>alert(4711)</script>"}, raw=True)
        display({"image/svg+xml": "<svg onload='alert(4711)'/>"}, raw=True)
        print("<script>alert(4711)</script>")
        """


@notebook(EVERYTHING)
def html_in_prose(made: NotebookNode) -> None:
    """Prose that a learner changed is not taken over at all."""
    made.cells[0].source += "\n\n<script>alert(4711)</script>"


@notebook(all_but("shortcut"), language="pt", keys={"shortcut": "raised"})
def html_in_an_error(made: NotebookNode) -> None:
    """An error's text is text."""
    error = "<script>alert(4711)</script><img src=x onerror='alert(4711)'>"
    cell(made, "shortcut-answer").source = f"def make_shortcut(i, o, s):\n    raise ValueError({error!r})"


@notebook(EVERYTHING)
def same_twice_1(made: NotebookNode) -> None:
    """The same submission twice …"""


@notebook(EVERYTHING)
def same_twice_2(made: NotebookNode) -> None:
    """… gets the same grade twice."""


def write_all(course: Path, cases: Iterable[Case]) -> None:
    """Write each case's submission into a course."""
    for case in cases:
        folder = course / "submitted" / case.learner / case.lesson
        folder.mkdir(parents=True)
        case.write(folder)


def by_name(name: str) -> Case:
    """Return a case."""
    return next(case for case in CASES if case.name == name)


assert len({case.learner for case in CASES}) == len(CASES)
assert all(re.fullmatch(r"[a-z0-9-]+", case.name) for case in CASES)
