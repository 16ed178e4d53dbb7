"""Grade one submission: rebuild it, run its answers in a sandbox, judge outside, tell it in the learner's language."""

from __future__ import annotations

import platform
import re
import secrets
import threading
import time
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache
from importlib.metadata import version
from typing import Any

import nbformat
from nbformat.notebooknode import NotebookNode
from nbformat.v4 import new_markdown_cell, new_output

from resnet_course import checks
from resnet_course.checks.card import make_card
from resnet_course.checks.check import Check, earlier_fault
from resnet_course.checks.judging import COMMON, Verdict, first_line
from resnet_course.checks.observing import TimeLimit
from resnet_course.checks.shown import first_lines
from resnet_course.grading import GradingError, crossing
from resnet_course.grading.crossing import writable
from resnet_course.grading.findings import Finding, printable
from resnet_course.grading.graded import Graded, Question, Settings
from resnet_course.grading.intake import Intake, Release, Submission, language_of, rebuild_apart
from resnet_course.grading.kernels import ENDS, Kernel, KernelEnded, Template
from resnet_course.grading.planning import Names, names_of, needed_for
from resnet_course.grading.references import uses_of
from resnet_course.grading.sandbox import MIB, Sandbox, memory_limit
from resnet_course.language import message, speaking
from resnet_course.release import course_version

# The faults that say what is not there.
MISSING = frozenset({"missing-answer", "other-answer", "own-cell"})
# The faults that only the grader finds; their messages stand with the common ones.
FAULTS = MISSING | {"cell-error", "no-notebook", "no-observation", *(f"ended-{end}" for end in ENDS)}
# What the grader's machine lacks and a learner's has, by the errors that show it.
LACKING = {
    "lacks-module": re.compile(r"ModuleNotFoundError: .*?'(?P<name>[^']*)'"),
    "lacks-network": re.compile(
        r"(?:URLError|gaierror|ConnectionError|ConnectionRefusedError|RemoteDisconnected)(?P<name>): "
        r"|.*(?:urlopen error|name resolution|Name or service not known|[Nn]etwork is unreachable|no internet)"
    ),
    "lacks-shared-memory": re.compile(
        # Python's semaphores lie in /dev/shm, and say only this where there is none.
        r"FileNotFoundError(?P<name>): \[Errno 2\] No such file or directory$"
        r"|.*(?:/dev/shm|shared memory|DataLoader worker|SemLock|sem_open|shm_open)"
    ),
}


class GradersVerdict(Verdict):
    """A verdict whose message stands with what the grader says."""

    def message_key(self, lesson: str, grade_id: str) -> str:
        """Return where its sentences stand."""
        return f"grading.faults.{self.key}"


def fault(key: str, **figures: Any) -> Verdict:
    """Return the verdict of a fault that every exercise can have, in a notebook or here."""
    if key in LACKING:
        return GradersVerdict(key, figures)
    assert key in FAULTS | COMMON, key
    return Verdict(key, figures, "common")


def lacking(error: str, text: str) -> Verdict | None:
    """Return the verdict on an error that says what the grader's machine lacks, or None if it says something else."""
    for key, pattern in LACKING.items():
        found = pattern.match(f"{error}: {text}")
        if found:
            return fault(key, name=found["name"] or "", error=error, text=text)
    return None


def grade(
    learner: str, submission: Submission, release: Release, template: Template, settings: Settings | None = None
) -> Graded:
    """Grade a submission.

    Parameters
    ----------
    learner : str
        Whose it is.
    submission : Submission
        What was handed in.
    release : Release
        What learners were given.
    template : Template
        Where kernels come from.
    settings : Settings, optional
        Limits, and whether to close learners' code in.

    Raises
    ------
    GradingError
        If learners' code cannot be closed in here, or the release itself does not run. Nothing that a submission holds
        raises anything.
    """
    language = language_of(submission.content, release.language)
    with speaking(language):
        intake = rebuild_apart(submission, release, language, template)
        if submission.content is None or not intake.readable:
            questions = _unseen(intake, release, "no-notebook")
        else:
            questions = _Marking(intake, release, template, settings or Settings()).run()
        return _graded(learner, submission, release, intake, questions)


def ungradable(learner: str, submission: Submission, release: Release, error: BaseException) -> Graded:
    """Return the grades of a submission on which the grader itself failed: none, and what happened.

    No submission should come here; but if one does, it must not stop the grading of the others.
    """
    language = language_of(submission.content, release.language)
    with speaking(language):
        figures = {"error": type(error).__name__, "text": first_line(writable(str(error)))}
        findings = (*submission.findings, Finding("grader-failed", figures))
        intake = Intake(deepcopy(release.notebook), findings, language)
        return _graded(learner, submission, release, intake, _unseen(intake, release, "internal", figures))


def _graded(
    learner: str, submission: Submission, release: Release, intake: Intake, questions: Sequence[Question]
) -> Graded:
    findings = tuple((finding.key, str(finding)) for finding in intake.findings)
    given, answers = _answers(release.notebook), _answers(intake.notebook)
    begun = {exercise for exercise, source in answers.items() if source != given.get(exercise)}
    if findings:
        # In a block of code no Markdown and no formula in a file's name comes to life.
        lines = [" ".join(f"- {sentence}".split()) for _, sentence in findings]
        report = [message("grading.findings-title"), "", "```text", *lines, "```"]
        intake.notebook.cells.insert(0, new_markdown_cell("\n".join(report), id="grader-report"))
    return Graded(
        learner=learner,
        lesson=release.lesson,
        language=intake.language,
        digest=submission.digest,
        questions=tuple(replace(each, begun=each.grade_id in begun) for each in questions),
        findings=findings,
        notebook=nbformat.writes(intake.notebook),
        versions=versions(),
        answers=answers,
    )


def _answers(notebook: NotebookNode) -> dict[str, str]:
    """Return what the answer cells of each exercise hold."""
    answers: dict[str, list[str]] = {}
    for cell in notebook.cells:
        exercise = checks.exercise_of(cell.id)
        if exercise is not None:
            answers.setdefault(exercise, []).append(cell.source)
    return {exercise: "\n\n".join(sources) for exercise, sources in answers.items()}


def _unseen(intake: Intake, release: Release, key: str, figures: dict[str, Any] | None = None) -> list[Question]:
    """Return the outcome of every question where the answers were not looked at."""
    ids = {test.id for test in release.tests}
    verdict = fault(key, **figures or {})
    return [_conclude(cell, verdict) for cell in intake.notebook.cells if cell.id in ids]


@cache
def versions() -> str:
    """Return the versions that a grade was made with."""
    course = f"resnet-course {course_version()} ({version('resnet-course')})"
    return f"{course} · Python {platform.python_version()} · torch {version('torch')}"


@dataclass
class _Marked:
    """What came out of one question, before others are blamed."""

    test: int
    check: Check
    verdict: Verdict
    observation: Any
    printed: str
    seed: int
    seconds: float


class _Marking:
    """One notebook's questions, one after the other; a kernel that ends costs the question that ended it."""

    def __init__(self, intake: Intake, release: Release, template: Template, settings: Settings) -> None:
        self._intake, self._release, self._template, self._settings = intake, release, template, settings
        self._cells: Sequence[NotebookNode] = intake.notebook.cells
        self._sandbox: Sandbox | None = None
        self._kernel: Kernel | None = None
        self._ran: set[int] = set()
        self._deadly: dict[int, str] = {}  # cells that ended a kernel, and how
        self._errors: dict[int, NotebookNode] = {}
        self._verdicts: dict[str, Verdict] = {}
        self._blamed: dict[str, str] = {}  # an exercise, and which other one is to blame
        self._names: list[Names] = [intake.names.get(cell.id) or names_of(cell.source) for cell in self._cells]
        self._deadline = time.monotonic() + settings.limits.notebook_seconds
        self._question_deadline = self._deadline

    def run(self) -> list[Question]:
        """Mark every question."""
        try:
            marked = [self._mark(test) for test in self._tests()]
        finally:
            self._end()
        for each in marked:
            each.verdict = self._verdicts[each.check.grade_id] = self._blame_others(each)
        return [self._concluded(each) for each in marked]

    def _tests(self) -> list[int]:
        ids = {test.id for test in self._release.tests}
        return [place for place, cell in enumerate(self._cells) if cell.id in ids]

    def _mark(self, test: int) -> _Marked:
        began = time.monotonic()
        self._question_deadline = min(began + self._settings.limits.question_seconds, self._deadline)
        seed = secrets.randbits(31)
        check: Check = getattr(checks, checks.attribute(self._cells[test].id))
        try:
            if began >= self._deadline:
                raise KernelEnded("notebook-time")
            verdict, observation, printed = self._observe(check, test, seed)
        except KernelEnded as ended:
            self._end()
            limits = self._settings.limits
            figures = {"seconds": f"{limits.question_seconds:g}", "total": f"{limits.notebook_seconds:g}"}
            over = ended.key == "time-limit" and time.monotonic() >= self._deadline
            key = "notebook-time" if over else ended.key
            verdict, observation, printed = fault(f"ended-{key}", **figures), {}, ""
        self._verdicts[check.grade_id] = verdict
        return _Marked(test, check, verdict, observation, printed, seed, time.monotonic() - began)

    def _part(self, check: Check, verdict: Verdict) -> str:
        """Return the answer cell of an exercise with several that a verdict is about, "" if it is about them all."""
        about = {str(verdict.figures.get(each)) for each in ("block", "name")}
        parts = [cell for cell in self._release.answers if checks.exercise_of(cell.id) == check.grade_id]
        return next((cell.id for cell in parts if about & names_of(cell.source).defined), "")

    def _answers_to(self, check: Check, test: int) -> list[int]:
        released = {cell.id for cell in self._release.answers if checks.exercise_of(cell.id) == check.grade_id}
        return [place for place in range(test) if self._cells[place].id in released]

    def _blame_others(self, marked: _Marked) -> Verdict:
        """Where an answer uses that to another exercise, which is wrong, say so: the two fall together.

        Those above are asked first; one below may be used as well, and then this one is not to blame for it.
        """
        check, verdict = marked.check, marked.verdict
        if verdict.passed or verdict.key in MISSING:
            return verdict
        used = frozenset[str]().union(*(self._names[place].used for place in self._answers_to(check, marked.test)))
        if "NotImplementedError" in used:  # this one waits for the learner too
            return verdict
        for other in sorted(
            checks.of_lesson(check.lesson), key=lambda each: each not in checks.earlier(check.grade_id)
        ):
            found = self._verdicts.get(other.grade_id)
            blamed = self._blamed.get(other.grade_id, other.grade_id)
            if other is check or blamed == check.grade_id or not found or found.passed or not used & set(other.answers):
                continue
            self._blamed[check.grade_id] = blamed
            return found if found.key == "earlier-exercise" else earlier_fault(other, found).verdict
        return verdict

    def _concluded(self, marked: _Marked) -> Question:
        remarks = []
        for place in self._answers_to(marked.check, marked.test):
            line = self._intake.taken.get(self._cells[place].id)
            if line is not None:
                remarks.append(message("grading.card.taken", cell=printable(line)))
        if not marked.verdict.passed and marked.verdict.key not in MISSING and not remarks:
            for name in marked.check.answers:
                if name in self._intake.own:
                    remarks.append(message("grading.card.own", name=name, cell=printable(self._intake.own[name])))
        cell, verdict = self._cells[marked.test], marked.verdict
        question = _conclude(cell, verdict, marked.observation, marked.printed, marked.seed, marked.seconds, remarks)
        return replace(question, part=self._part(marked.check, verdict))

    def _observe(self, check: Check, test: int, seed: int) -> tuple[Verdict, Any, str]:
        """Run what a question needs, have its answers observed inside, and judge the observation here."""
        answers = self._answers_to(check, test)
        needed = needed_for(self._cells, test, answers, self._names)
        for place in needed:
            self._run_cell(place, own=place in answers)
        # In a notebook cells can be run in any order: an answer may use the run of a cell below it.
        for place in [each for each in needed if each in self._errors and self._errors[each].ename == "NameError"]:
            del self._errors[place]
            self._ran.discard(place)
            self._run_cell(place, own=place in answers)
        name = secrets.token_hex(8)
        assert self._sandbox is not None
        path = str(self._sandbox.shared / name)
        # Longer than in a notebook: graders are busy machines, and only an endless loop needs so much.
        seconds = self._settings.limits.question_seconds / 2
        self._kernel_now().run(
            f"__import__('resnet_course.grading.inside').grading.inside.observe("
            f"{check.grade_id!r}, {seed}, {seconds}, {path!r}, globals())",
            self._seconds(),
        )
        crossed = self._sandbox.read(name, crossing.MOST_BYTES)
        verdict, observation, printed = _judge(check, crossed, seed)
        if verdict.key == "missing-answer":
            verdict = self._why_missing(verdict, answers)
        elif verdict.key == "unsolved":
            own = next((name for name in check.answers if name in self._intake.own), None)
            if own is not None:
                verdict = fault("own-cell", name=own, cell=printable(self._intake.own[own]))
        elif verdict.key.startswith("raised"):
            figures = verdict.figures
            verdict = lacking(str(figures.get("error", "")), str(figures.get("text", ""))) or verdict
        return self._blame_missing(verdict, answers), observation, printed

    def _run_cell(self, place: int, *, own: bool) -> None:
        if place in self._deadly:
            if own:
                raise KernelEnded(self._deadly[place])
            return
        kernel = self._kernel_now()
        if place in self._ran:
            return
        try:
            outputs = kernel.run(self._cells[place].source, self._seconds())
        except KernelEnded as ended:
            self._deadly[place] = ended.key
            self._ran = set()
            raise
        self._ran.add(place)
        self._cells[place].outputs = outputs
        error = next((output for output in outputs if output.output_type == "error"), None)
        if error is not None:
            self._errors[place] = error
            if not own:
                self._demand_sound(place)

    def _demand_sound(self, place: int) -> None:
        """Make sure that a released cell that stopped is no fault of the grader's.

        Raises
        ------
        GradingError
            If it stops also where none of the learner's code has run.
        """
        if place not in _own_work(self._release):
            return
        error = None
        sandbox = Sandbox(self._settings.limits, closed=self._settings.closed)
        with sandbox:
            kernel = Kernel(self._template, sandbox, self._release.lesson)
            try:
                for each in [*needed_for(self._cells, place, [], self._names), place]:
                    outputs = kernel.run(self._cells[each].source, self._settings.limits.question_seconds)
                    error = next((output for output in outputs if output.output_type == "error"), None)
            except KernelEnded:
                return
            finally:
                kernel.end()
        lack = lacking(str(error.ename), str(error.evalue)) if error is not None else None
        if error is not None and (lack is None or lack.key == "lacks-module"):
            told = {"error": str(error.ename), "text": first_line(writable(str(error.evalue)))}
            raise GradingError(message("grading.run.released", cell=self._cells[place].id, **told))

    def _kernel_now(self) -> Kernel:
        if self._kernel is None:
            began = time.monotonic()
            self._sandbox = Sandbox(self._settings.limits, closed=self._settings.closed)
            self._kernel = Kernel(self._template, self._sandbox, self._release.lesson)
            self._ran = set()
            # How long a kernel takes to start, on a busy machine, is no learner's fault.
            self._deadline += time.monotonic() - began
            self._question_deadline += time.monotonic() - began
        return self._kernel

    def _seconds(self) -> float:
        return max(0.0, self._question_deadline - time.monotonic())

    def _end(self) -> None:
        if self._kernel is not None:
            self._kernel.end()
        if self._sandbox is not None:
            self._sandbox.end()
        self._kernel = self._sandbox = None

    def _why_missing(self, verdict: Verdict, answers: Sequence[int]) -> Verdict:
        """Say why an answer does not exist: its cell was left as it was, or stopped with an error."""
        error = next((self._errors[place] for place in answers if place in self._errors), None)
        if error is None:
            return verdict
        if error.ename == "NotImplementedError":
            return fault("unsolved")
        figures = {"error": writable(str(error.ename))[:80], "text": first_line(writable(str(error.evalue)).strip())}
        return lacking(**figures) or fault("cell-error", **{**verdict.figures, **figures})

    def _blame_missing(self, verdict: Verdict, answers: Sequence[int]) -> Verdict:
        """Where a name is missing, say which cell should have defined it: another exercise's, or the learner's own."""
        if verdict.figures.get("error") != "NameError":
            return verdict
        text = str(verdict.figures.get("text", ""))
        others = {cell.id for cell in self._release.answers}
        for place in {*self._deadly, *self._errors} - set(answers):
            error = self._errors.get(place)
            for name in self._names[place].defined:
                if f"'{name}'" not in text:
                    continue
                if self._cells[place].id in others:
                    return fault("other-answer", name=name, cell=self._cells[place].id)
                lack = lacking(str(error.ename), first_line(str(error.evalue))) if error else None
                if lack is not None:
                    return lack
        for name, cell in self._intake.own.items():
            if f"'{name}'" in text:
                return fault("own-cell", name=name, cell=printable(cell))
        return verdict


def _own_work(release: Release) -> set[int]:
    """Return which released cells must run without any learner's help: what checks and stubs need, and imports."""
    cells, answers = release.notebook.cells, {cell.id for cell in release.answers}
    wanted: set[int] = set()
    for test in [place for place, cell in enumerate(cells) if cell.metadata.get("nbgrader", {}).get("grade")]:
        stubs = [place for place in range(test) if checks.exercise_of(cells[place].id) == cells[test].id]
        wanted |= set(needed_for(cells, test, stubs))
    wanted |= {place for place, cell in enumerate(cells) if cell.cell_type == "code" and uses_of(cell.source).imports}
    return {
        place for place in wanted if not answers & {cells[each].id for each in [*needed_for(cells, place, []), place]}
    }


def _conclude(
    cell: NotebookNode,
    verdict: Verdict,
    observation: Any = None,
    printed: str = "",
    seed: int = 0,
    seconds: float = 0.0,
    remarks: Sequence[str] = (),
) -> Question:
    """Write the verdict into its test cell, as a learner would see it, and return it."""
    check: Check = getattr(checks, checks.attribute(cell.id))
    card = make_card(check, verdict, observation, tries=1)
    if verdict.key == "unsolved":
        card = replace(card, rows=[row for row in card.rows if row[0] != message("common.card.look")])  # for a notebook
    card = replace(card, remark=" ".join([*filter(None, [card.remark]), *remarks]))
    cell.outputs = [new_output("stream", name="stdout", text=first_lines(printed))] if printed else []
    cell.outputs.append(new_output("display_data", {"text/plain": card.text(), "text/html": card.html()}))
    if not verdict.passed:
        below = message("common.card.below", grade_id=cell.id)
        cell.outputs.append(new_output("error", ename="CheckFailed", evalue=card.text(), traceback=[below]))
    return Question(cell.id, verdict.key, card.text(), seed, round(seconds, 3))


def _judge(check: Check, crossed: bytes | None, seed: int) -> tuple[Verdict, Any, str]:
    """Judge what came out of the sandbox; whatever it is, the outcome is a verdict, and within a budget."""
    with _judging, TimeLimit(JUDGE_SECONDS), memory_limit(JUDGE_MEMORY):
        return _judge_now(check, crossed, seed)
    return fault("no-observation"), {}, ""  # the time was over


def _judge_now(check: Check, crossed: bytes | None, seed: int) -> tuple[Verdict, Any, str]:
    try:
        if crossed is None:
            raise crossing.CrossingError("nothing")
        facts = crossing.load(crossed)
        observation, printed = facts["observation"], str(facts["printed"])
        if "missing" in observation:
            return fault("missing-answer", name=str(observation["missing"])[:80]), {}, ""
        verdict = check.conclude(observation, check.inputs(seed), seed)
        make_card(check, verdict, observation, tries=1)  # its words too are made from what the sandbox said
        return verdict, observation, printed
    except Exception:
        return fault("no-observation"), {}, ""


JUDGE_SECONDS = 20.0
JUDGE_MEMORY = 1024 * MIB
_judging = threading.Lock()  # PyTorch's random state, and the budget, are those of the whole process
