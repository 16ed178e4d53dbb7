"""Build the notebooks: lesson script → solved and executed → released; and say which of them are stale."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError
from nbformat.notebooknode import NotebookNode
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from tqdm import tqdm
from traitlets.config import Config
from traitlets.config.loader import PyFileConfigLoader

from resnet_course import lessons as course
from resnet_course import release as course_release
from resnet_course.authoring import WRITTEN, CourseError, asked
from resnet_course.authoring.asked import read_questions, unanswered
from resnet_course.authoring.assemble import make_asked, make_glossary, make_notebook, without_outputs
from resnet_course.authoring.course_map import map_text
from resnet_course.authoring.glossary import FILE, read_glossary
from resnet_course.authoring.lint import lint
from resnet_course.authoring.lock import read_origins, write_origin
from resnet_course.authoring.release import CHANGELOG, facts_text
from resnet_course.authoring.script import Lesson, LessonError, read_lesson
from resnet_course.language import languages
from resnet_course.release import ASKED, GLOSSARY, released_file

PACKAGE = Path(__file__).resolve().parents[1]
CELL_SECONDS = 300  # a training on a busy machine
WIDGET = "application/vnd.jupyter.widget-view+json"

# Asked of the kernel after the last cell: which of the package's files the lesson has used.
USED_FILES = """
import json, sys
print(json.dumps(sorted(m.__file__ for n, m in sys.modules.items() if n.split(".")[0] == "resnet_course")))
"""


def find_lessons(root: Path, wanted: Iterable[str] = ()) -> list[Lesson]:
    """Read the lesson scripts of a course folder.

    Parameters
    ----------
    root : Path
        The folder that holds ``lessons/`` and ``nbgrader_config.py``.
    wanted : iterable of str
        Lesson ids; all lessons if empty.

    Raises
    ------
    CourseError
        If this is no course folder, or a wanted lesson does not exist.
    LessonError
        If a script has problems; those of all scripts are listed.
    """
    if not (root / "nbgrader_config.py").is_file() or not (root / WRITTEN).is_dir():
        raise CourseError(f"{root} has no {WRITTEN}/ and nbgrader_config.py: run this in the root of the course")
    paths = {path.stem: path for path in _scripts(root)}
    for name in wanted:
        if name not in paths:
            raise CourseError(f"there is no lesson {name!r}; the lessons are: {', '.join(paths)}")
    lessons, problems = [], []
    for path in [path for name, path in paths.items() if not wanted or name in wanted]:
        try:
            lesson = read_lesson(path.relative_to(root) if path.is_relative_to(Path.cwd()) else path)
            lessons.append(lesson)
            problems += list(lint(lesson))
        except LessonError as error:
            problems += error.problems
    if not wanted and not problems:
        problems += unanswered(root / WRITTEN / asked.FILE, lessons)
    if problems:
        raise LessonError(problems)
    return lessons


def solved_path(root: Path, lesson: str, language: str) -> Path:
    """Return where the solved notebook of a lesson stands: nbgrader's source."""
    return root / "solutions" / language / lesson / f"{lesson}.ipynb"


def released_path(root: Path, lesson: str, language: str) -> Path:
    """Return where the notebook for learners stands: nbgrader's release."""
    return root / released_file(lesson, language)


def glossary_paths(root: Path, language: str) -> list[Path]:
    """Return where the glossary of a language stands: beside the learners' notebooks and beside the solved ones."""
    return [root / released_file(GLOSSARY, language), root / "solutions" / language / f"{GLOSSARY}.ipynb"]


def _glossary_texts(root: Path) -> dict[Path, str]:
    path = root / WRITTEN / FILE
    terms = read_glossary(path) if path.is_file() else {}
    return {
        path: nbformat.writes(make_glossary(terms, language)) + "\n"
        for language in languages()
        for path in glossary_paths(root, language)
        if terms
    }


def write_glossary(root: Path) -> list[Path]:
    """Write the glossary's notebooks and return those that changed."""
    return [written for path, text in _glossary_texts(root).items() for written in _write(path, text)]


def find_stale_glossary(root: Path) -> list[str]:
    """Return a sentence for each of the glossary's notebooks that is missing or older than its terms."""
    return [
        f"{path.relative_to(root)}: {f'{FILE} has changed since' if path.is_file() else 'it has not been built'}"
        for path, text in _glossary_texts(root).items()
        if _differs(path, text)
    ]


def _asked_texts(root: Path) -> dict[Path, str]:
    questions = read_questions(root / WRITTEN / asked.FILE)
    # Of all lessons, also where only one of them is built.
    lessons = [read_lesson(path) for path in _scripts(root)] if questions else []
    return {
        folder / f"{ASKED}.ipynb": nbformat.writes(make_asked(questions, lessons, language)) + "\n"
        for language in languages()
        for folder in (root / "notebooks" / language, root / "solutions" / language)
        if questions
    }


def write_asked(root: Path) -> list[Path]:
    """Write the notebooks of what learners ask and return those that changed."""
    return [written for path, text in _asked_texts(root).items() for written in _write(path, text)]


def find_stale_asked(root: Path) -> list[str]:
    """Return a sentence for each notebook of what learners ask that is missing or older than what it is made of."""
    return [
        f"{path.relative_to(root)}: "
        + (f"{asked.FILE} or a lesson script has changed since" if path.is_file() else "it has not been built")
        for path, text in _asked_texts(root).items()
        if _differs(path, text)
    ]


def _scripts(root: Path) -> list[Path]:
    return sorted((root / WRITTEN).glob("[0-9][0-9]_*.py"))


def build(root: Path, wanted: Iterable[str] = (), *, force: bool = False) -> list[Path]:
    """Build what is stale (or everything) and return the files that were written.

    Parameters
    ----------
    root : Path
        The course folder.
    wanted : iterable of str
        Lesson ids; all lessons if empty.
    force : bool
        Build also what is fresh.
    """
    lessons = find_lessons(root, wanted)
    written = write_facts(root, lessons) + write_glossary(root) + write_asked(root)
    todo = [
        (lesson, language)
        for lesson in lessons
        for language in languages()
        if force or not _is_fresh(root, lesson, language)
    ]
    bar = tqdm(todo, unit="notebook", disable=not todo)
    for lesson, language in bar:
        bar.set_postfix_str(f"{language}/{lesson.id}")
        notebook = execute(make_notebook(lesson, language))
        write_origin(root, f"{language}/{lesson.id}", notebook.metadata.pop("resnet_course"))
        written += _write(solved_path(root, lesson.id, language), nbformat.writes(notebook) + "\n")
    for lesson in lessons:
        for language in languages():
            text = release(root, lesson.id, language)
            written += _write(released_path(root, lesson.id, language), text)
    return written


def write_facts(root: Path, lessons: list[Lesson]) -> list[Path]:
    """Write what the package must know before a notebook is built, and return the files that changed.

    The start page draws the map of the lessons; every notebook names the version. Another folder's lessons and version
    do not go into this package.
    """
    if root.resolve() != PACKAGE.parent:
        return []
    return _write(course_release.FACTS, facts_text(root)) + _write(course.FACTS, map_text(root, lessons))


def _write(path: Path, text: str) -> list[Path]:
    if not _differs(path, text):
        return []
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return [path]


def _differs(path: Path, text: str) -> bool:
    return not path.is_file() or path.read_text(encoding="utf-8") != text


def execute(notebook: NotebookNode) -> NotebookNode:
    """Run a solved notebook in an empty folder and return it with its outputs and what it was built from.

    Raises
    ------
    CourseError
        If a cell raises or warns: learners see a solved notebook that runs through, quietly. Or if a claim of the
        prose does not hold.
    """
    claims = notebook.metadata.pop("claims", {})
    with tempfile.TemporaryDirectory() as folder, private_kernel() as config:
        client = NotebookClient(
            notebook,
            config=config,
            timeout=CELL_SECONDS,
            kernel_name="python3",
            record_timing=False,
            store_widget_state=False,
            # On a busy machine what a cell prints arrives in pieces, now here, now there.
            coalesce_streams=True,
            extra_arguments=["--IPKernelApp.log_level=ERROR"],
            resources={"metadata": {"path": folder}},
        )
        # No progress bars: what they show depends on the clock. And one thread: more of them round differently.
        variables = {"MPLBACKEND": "agg", "TQDM_DISABLE": "1", "OMP_NUM_THREADS": "1"}
        with client.setup_kernel(env=os.environ | variables):
            for index, cell in enumerate(notebook.cells):
                try:
                    client.execute_cell(cell, index)
                except CellExecutionError as error:
                    name = f"{notebook.metadata.title}, cell {cell.id}"
                    raise CourseError(f"{name}: the solved notebook does not run\n{error}") from error
                complaint = _stderr(cell)
                if complaint:
                    raise CourseError(f"{notebook.metadata.title}, cell {cell.id} writes to stderr:\n{complaint}")
                _drop_widgets(cell)
                try:
                    _ask(client, claims.get(cell.id, ""))
                except CellExecutionError as error:
                    name = f"{notebook.metadata.title}, after cell {cell.id}"
                    raise CourseError(f"{name}: the prose claims what does not hold\n{error}") from error
            asked = _ask(client, USED_FILES)
    files = [Path(each) for each in json.loads(asked.outputs[0].text)]
    # What a module reads stands beside it under its name.
    files += [each.with_suffix(".json") for each in files if each.with_suffix(".json").is_file()]
    language = notebook_language(notebook)
    files += _messages(language, notebook)
    names = sorted({file.relative_to(PACKAGE).as_posix() for file in files})
    notebook.metadata["resnet_course"] = {"built_from": names, "digest": digest(names)}
    if claims:
        notebook.metadata["resnet_course"]["claims"] = _claims_digest(claims)
    return notebook


def _ask(client: NotebookClient, source: str) -> NotebookNode:
    """Run code that is no cell of the notebook in its kernel, and return the cell that it was."""
    client.nb.cells.append(nbformat.v4.new_code_cell(source))
    try:
        return client.execute_cell(client.nb.cells[-1], len(client.nb.cells) - 1, store_history=False)
    finally:
        client.nb.cells.pop()


def _claims_digest(claims: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(claims).encode()).hexdigest()[:16] if claims else ""


def _messages(language: str, notebook: NotebookNode) -> list[Path]:
    """Return the message files that a notebook can use: of the files with a lesson's name, only its own."""
    setup = next(cell for cell in notebook.cells if cell.id == "setup").source
    files = sorted((PACKAGE / "messages" / language).glob("*.toml"))
    elsewhere = ("grading", "site")
    return [
        each
        for each in files
        if each.stem not in elsewhere and (not each.stem[0].isdigit() or f'"{each.stem}"' in setup)
    ]


@contextmanager
def private_kernel() -> Iterator[Config]:
    """Provide the settings of a kernel that talks through files of its own.

    Kernels that start at the same time on TCP can be given the same port. Windows has no other choice.
    """
    with tempfile.TemporaryDirectory() as folder:
        address = {} if os.name == "nt" else {"transport": "ipc", "ip": f"{folder}/kernel"}
        yield Config({"KernelManager": address})


def _drop_widgets(cell: NotebookNode) -> None:
    # A widget has a random name, and without its kernel it is an error message. The explorers' figures stay.
    if cell.cell_type == "code":
        cell.outputs = [each for each in cell.outputs if WIDGET not in each.get("data", {})]


def _stderr(cell: NotebookNode) -> str:
    outputs = cell.get("outputs", [])
    return "".join(each.text for each in outputs if each.output_type == "stream" and each.name == "stderr")


def notebook_language(notebook: NotebookNode) -> str:
    """Return the language that a notebook's setup cell chooses."""
    setup = next(cell for cell in notebook.cells if cell.id == "setup")
    return str(setup.source.rsplit('language="', 1)[1].split('"')[0])


def digest(names: Iterable[str]) -> str:
    """Return one short digest of the contents of these files of the package; a missing file counts as empty."""
    total = hashlib.sha256()
    for name in names:
        path = PACKAGE / name
        total.update(name.encode() + (path.read_bytes() if path.is_file() else b""))
    return total.hexdigest()[:16]


def release(root: Path, lesson: str, language: str) -> str:
    """Return the text of the notebook that nbgrader generates for learners from the solved one."""
    source = solved_path(root, lesson, language)
    with tempfile.TemporaryDirectory() as folder:
        copy = solved_path(Path(folder), lesson, language)
        copy.parent.mkdir(parents=True)
        copy.write_bytes(source.read_bytes())
        config = nbgrader_config(root, language)
        config.CourseDirectory.root = folder
        config.CourseDirectory.assignment_id = lesson
        config.GenerateAssignment.no_database = True
        steps = config.GenerateAssignment.preprocessors
        config.GenerateAssignment.preprocessors = [step for step in steps if not step.endswith(".SaveCells")]
        converter = GenerateAssignment(coursedir=CourseDirectory(config=config), config=config)
        converter.log = logging.getLogger("resnet_course.release")
        converter.log.setLevel(logging.WARNING)
        converter.start()
        text = released_path(Path(folder), lesson, language).read_text(encoding="utf-8")
    return text if text.endswith("\n") else text + "\n"


def nbgrader_config(root: Path, language: str) -> Config:
    """Return the configuration that an instructor has who releases in `language`."""
    before = os.environ.get("COURSE_LANGUAGE")
    os.environ["COURSE_LANGUAGE"] = language
    try:
        return PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    finally:
        if before is None:
            del os.environ["COURSE_LANGUAGE"]
        else:
            os.environ["COURSE_LANGUAGE"] = before


def find_stale(root: Path, wanted: Iterable[str] = ()) -> list[str]:
    """Return a sentence for each built file that is missing or older than what it is built from."""
    stale = []
    lessons = find_lessons(root, wanted)
    if _differs(course.FACTS, map_text(root, lessons)):
        stale.append(f"{course.FACTS.relative_to(PACKAGE.parent)}: a lesson script has changed since")
    if root.resolve() == PACKAGE.parent and _differs(course_release.FACTS, facts_text(root)):
        stale.append(f"{course_release.FACTS.relative_to(PACKAGE.parent)}: {CHANGELOG} has changed since")
    stale += find_stale_glossary(root) + find_stale_asked(root)
    for lesson in lessons:
        for language in languages():
            solved, released = (
                solved_path(root, lesson.id, language),
                released_path(root, lesson.id, language),
            )
            reason = _why_stale(root, lesson, language)
            if reason:
                stale.append(f"{solved.relative_to(root)}: {reason}")
            elif not released.is_file():
                stale.append(f"{released.relative_to(root)}: it has not been built")
            elif released.read_text(encoding="utf-8") != release(root, lesson.id, language):
                stale.append(f"{released.relative_to(root)}: it differs from what nbgrader generates now")
    return stale


def _is_fresh(root: Path, lesson: Lesson, language: str) -> bool:
    return not _why_stale(root, lesson, language)


def _why_stale(root: Path, lesson: Lesson, language: str) -> str:
    path = solved_path(root, lesson.id, language)
    if not path.is_file():
        return "it has not been built"
    built = nbformat.read(path, as_version=4)
    origin = read_origins(root).get(f"{language}/{lesson.id}", {})
    if origin.get("digest") != digest(origin.get("built_from", [])):
        return "a file of resnet_course that it uses has changed since"
    made = make_notebook(lesson, language)
    claims = _claims_digest(made.metadata.get("claims", {}))
    if without_outputs(built) != without_outputs(made) or origin.get("claims", "") != claims:
        return f"{lesson.path.name} has changed since"
    if any(cell.cell_type == "code" and cell.execution_count is None for cell in built.cells):
        return "it has cells that were never run"
    return ""
