"""What the commands say where they cannot go on; nothing is half-written then."""

from __future__ import annotations

import csv
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest
from corpus import LESSON, WRONG_SHORTCUT, save, solution
from course import make_course
from kernel import ROOT, cell, says
from nbgrader.coursedir import CourseDirectory
from servers import free_ports

from resnet_course import checks
from resnet_course.cli import main
from resnet_course.grading.autograde import SealedAutograde
from resnet_course.grading.command import course_config
from resnet_course.grading.record import CourseGradebook
from resnet_course.language import languages, message

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("commands")]

BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def released_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_course(tmp_path_factory.mktemp("course"), LESSON)


@pytest.fixture
def course(released_course: Path, tmp_path: Path) -> Path:
    made = tmp_path / "course"
    shutil.copytree(released_course, made)
    folder = made / "submitted" / "ana" / LESSON
    folder.mkdir(parents=True)
    save(solution(), folder)
    return made


@pytest.fixture(params=["as it is", "no bubblewrap"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """This machine, and one without bubblewrap: there too a mistake is told before the sandbox is asked for."""
    if request.param == "no bubblewrap":
        monkeypatch.setenv("PATH", str(tmp_path))


def run(course: Path, command: str, **variables: str) -> subprocess.CompletedProcess[str]:
    name, *arguments = command.split()
    return subprocess.run(
        [str(BIN / name), *arguments],
        cwd=course,
        env=os.environ | {"COURSE_LANGUAGE": "en"} | variables,
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_only_what_computes_loads_pytorch() -> None:
    """To load it takes longer than most commands need; what grades has it in a process of its own."""
    modules = ("batch", "command", "collect", "feedback", "returning", "class_report", "inspection")
    source = f"""
import sys
from importlib import import_module
for name in {modules}:
    import_module(f"resnet_course.grading.{{name}}")
    print(name, "torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", source], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines() == [f"{name} False" for name in modules]


def contents(course: Path) -> dict[str, int]:
    """Return the files in a folder with their sizes, and how many rows the gradebook's tables have."""
    found = {
        str(path.relative_to(course)): path.stat().st_size
        for path in sorted(course.rglob("*"))
        if path.is_file() and path.suffix not in (".pyc", ".db")
    }
    if (course / "gradebook.db").exists():
        with closing(sqlite3.connect(course / "gradebook.db")) as book:
            for (table,) in book.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                count = book.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
                if count:
                    found[table] = count
    return found


def refuses(course: Path, command: str, sentence: str, **variables: str) -> None:
    before = contents(course)
    done = run(course, command, **variables)

    assert done.returncode == 1, done.stdout + done.stderr
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert contents(course) == before


def test_no_bubblewrap(course: Path, tmp_path: Path) -> None:
    refuses(course, f"resnet-course grade {LESSON}", "bubblewrap is not installed", PATH=str(tmp_path))
    refuses(course, f"resnet-course grade {LESSON} --jobs 1", "bubblewrap is not installed", PATH=str(tmp_path))


NO_SUCH_LESSON = {"lesson": "99_nothing", "known": ", ".join(checks.LESSONS)}


@pytest.mark.parametrize(
    ("arguments", "key", "facts"),
    [
        (LESSON, "sandbox.missing", {}),
        ("99_nothing", "command.unknown-lesson", NO_SUCH_LESSON),
        (f"{LESSON} --student nobody", "command.nothing-submitted", {"place": f"{{course}}/submitted/nobody/{LESSON}"}),
        ("05_full_resnet", "command.not-released", {"lesson": "05_full_resnet"}),
    ],
    ids=["nothing else", "no such lesson", "no such learner", "not released"],
)
def test_no_bubblewrap_with_nbgrader(
    course: Path, tmp_path: Path, arguments: str, key: str, facts: dict[str, str]
) -> None:
    (course / "submitted" / "ana" / "05_full_resnet").mkdir()
    before = contents(course)
    done = run(course, f"nbgrader autograde {arguments}", PATH=str(tmp_path))

    assert done.returncode == 1, done.stdout + done.stderr
    sentence = message(f"grading.{key}", **facts).format(course=course)
    assert done.stderr.splitlines()[-1].endswith(f"ERROR] {sentence}")
    assert "Traceback" not in done.stderr
    assert contents(course) == before


def test_unknown_lesson(course: Path, machine: None) -> None:
    refuses(course, "resnet-course grade 99_nothing", "There is no lesson '99_nothing'. The lessons are: 0")
    refuses(course, "resnet-course grade 99_nothing", "Não existe a lição '99_nothing'", COURSE_LANGUAGE="pt")


def test_unknown_lesson_among_known_ones_grades_nothing(course: Path, machine: None) -> None:
    refuses(course, f"resnet-course grade {LESSON} 99_nothing", "There is no lesson '99_nothing'")


def test_nothing_submitted(course: Path, machine: None) -> None:
    shutil.rmtree(course / "submitted")
    refuses(course, f"resnet-course grade {LESSON}", f"no folder matches {course}/submitted/*/{LESSON}")
    (course / "submitted").mkdir()
    refuses(course, f"resnet-course grade {LESSON}", "There is nothing to grade")


def test_no_such_learner(course: Path, machine: None) -> None:
    command = f"resnet-course grade {LESSON} --student nobody"
    refuses(course, command, f"no folder matches {course}/submitted/nobody/{LESSON}")


def test_lesson_that_was_not_released(course: Path, machine: None) -> None:
    folder = course / "submitted" / "ana" / "05_full_resnet"
    folder.mkdir()
    save(solution("05_full_resnet"), folder)
    refuses(course, "resnet-course grade 05_full_resnet", "nbgrader generate_assignment 05_full_resnet")


def test_unreachable_scheduler(course: Path, machine: None) -> None:
    command = f"resnet-course grade {LESSON} --scheduler tcp://127.0.0.1:9"
    refuses(course, command, "The scheduler tcp://127.0.0.1:9 does not answer")


def test_unreachable_database(course: Path, machine: None) -> None:
    with (course / "nbgrader_config.py").open("a") as config:
        config.write("\nc.CourseDirectory.db_url = 'sqlite:////nowhere/gradebook.db'\n")
    refuses(course, f"resnet-course grade {LESSON}", "The gradebook sqlite:////nowhere/gradebook.db")


@pytest.mark.parametrize("jobs", ["0", "-3"])
def test_no_jobs(course: Path, machine: None, jobs: str) -> None:
    refuses(course, f"resnet-course grade {LESSON} --jobs={jobs}", f"--jobs is {jobs}; it must be at least 1")


def test_no_course_folder(tmp_path: Path, machine: None) -> None:
    refuses(tmp_path, f"resnet-course grade {LESSON}", "has no nbgrader_config.py")


def test_the_course_that_nbgrader_knows_of_is_found_from_everywhere(course: Path, tmp_path: Path) -> None:
    """On a hub a terminal opens in the teacher's home, and nbgrader's own commands find the course from there."""
    home, settings = tmp_path / "home", tmp_path / "settings"
    for folder in (home, settings):
        folder.mkdir()
    (settings / "nbgrader_config.py").write_text(f"c = get_config()\nc.CourseDirectory.root = {str(course)!r}\n")
    commands = {
        f"resnet-course grade {LESSON}": f"{course}/submitted/",
        f"resnet-course report {LESSON}": "is graded yet",
        f"resnet-course export-feedback {LESSON}": "collect",
        "resnet-course roster nothing.csv": "nothing.csv",
        f"resnet-course collect nothing.zip {LESSON}": "nothing.zip",
    }
    shutil.rmtree(course / "submitted")
    for place in (home, settings):  # the folder of the settings is no course, though it has a nbgrader_config.py
        for command, sentence in commands.items():
            done = run(place, command, JUPYTER_CONFIG_PATH=str(settings))
            assert "nbgrader_config.py" not in done.stderr
            assert sentence in done.stdout + done.stderr, done.stdout + done.stderr
        assert not (place / "gradebook.db").exists()


def test_a_configuration_that_names_no_course(tmp_path: Path, machine: None) -> None:
    (tmp_path / "nbgrader_config.py").write_text(f"c = get_config()\nc.CourseDirectory.root = '{tmp_path}/gone'\n")
    refuses(tmp_path, f"resnet-course grade {LESSON}", f"{tmp_path}/gone has no nbgrader_config.py")


@pytest.mark.parametrize("command", [f"grade {LESSON}", "report", "roster people.csv", f"export-feedback {LESSON}"])
def test_a_broken_configuration_is_named(course: Path, command: str) -> None:
    (course / "nbgrader_config.py").write_text("c = get_config()\nc.Exchange.root = nowhere\n")
    sentence = f"{course}/nbgrader_config.py cannot be read: NameError: name 'nowhere' is not defined"
    refuses(course, f"resnet-course {command}", sentence)


def test_without_a_sandbox_it_says_what_that_means(course: Path, tmp_path: Path) -> None:
    done = run(course, f"resnet-course grade {LESSON} --no-sandbox --jobs 1", PATH=str(tmp_path))

    assert done.returncode == 0, done.stderr
    assert "No sandbox: learners' code runs with all your rights" in done.stdout
    assert "1 graded" in done.stdout


def test_a_name_that_no_gradebook_takes_costs_nobody_else_their_grades(course: Path, sandboxed: None) -> None:
    marks = "ana\n", "a\tb", "\x1b[31mred", "abc\u202efdp"
    for name in (os.fsdecode(b"jos\xe9"), "x" * 129, *marks):
        folder = course / "submitted" / name / LESSON
        folder.mkdir(parents=True)
        save(solution(), folder)
    done = run(course, f"resnet-course grade {LESSON} --jobs 1")

    assert done.returncode == 0, done.stderr
    assert "1 graded" in done.stdout
    for name in ("jos�", "x" * 59 + "…", "ana�", "a�b", "�[31mred", "abc�fdp"):
        assert f"{name}: not graded: a gradebook takes names of at most 128 characters" in done.stdout
    assert not set(done.stdout + done.stderr) & {"\x1b", "\u202e", "\t"}


LATE = """
from nbgrader.plugins import BasePlugin

class TwoPoints(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 2.0

c.AssignLatePenalties.plugin_class = TwoPoints
"""


def due(course: Path, year: int) -> None:
    with CourseGradebook(f"sqlite:///{course}/gradebook.db", "resnet-course") as book:
        book.update_or_create_assignment(LESSON, duedate=f"{year}-01-01")


def test_a_term_of_one_learner(course: Path, sandboxed: None) -> None:
    """Resumed with nothing to do, then late, then with points by hand that a right resubmission overtakes."""
    submission = course / "submitted" / "ana" / LESSON / f"{LESSON}.ipynb"
    with (course / "nbgrader_config.py").open("a") as config:
        config.write(LATE)
    (submission.parent / "timestamp.txt").write_text("2024-06-01 00:00:00 UTC")
    right = submission.read_text(encoding="utf-8")
    half = solution()
    cell(half, "basic-block-answer").source = "class BasicBlock(nn.Module):\n    pass\n"
    save(half, submission.parent)
    due(course, 2025)
    first = run(course, f"resnet-course grade {LESSON} --jobs 1")
    assert "1 graded, 0 already graded, mean 6.00 of 10 points" in first.stdout, first.stdout + first.stderr

    again = run(course, f"resnet-course grade {LESSON} --jobs 1 --resume")
    assert "0 graded, 1 already graded, mean 6.00 of 10 points" in again.stdout
    assert message("grading.summary.nothing-new") in again.stdout
    assert "basic-block     0/1     PyTorch refused what your code gave it: … (1)\n" in again.stdout

    due(course, 2024)
    late = run(course, f"resnet-course grade {LESSON} --jobs 1 --resume")
    assert "mean 4.00 of 10 points" in late.stdout, late.stdout + late.stderr
    assert "Handed in late (1): ana\n" in late.stdout
    assert "late" not in first.stdout
    due(course, 2025)

    page = course / "feedback" / "ana" / LESSON / f"{LESSON}.html"
    run(course, f"nbgrader generate_feedback {LESSON}")
    assert "0 of 4" in page.read_text(encoding="utf-8")
    with CourseGradebook(f"sqlite:///{course}/gradebook.db", "resnet-course") as book:
        book.find_grade("basic-block", LESSON, LESSON, "ana").manual_score = 2.5
        book.db.commit()
    run(course, f"nbgrader generate_feedback {LESSON}")
    assert "2.5 of 4" in page.read_text(encoding="utf-8")
    submission.write_text(right, encoding="utf-8")
    last = run(course, f"resnet-course grade {LESSON} --jobs 1 --resume")
    facts = {"name": "basic-block", "by_hand": "2.5", "automatic": "4", "most": "4"}
    assert f"ana: {message('grading.summary.overtaken', **facts)}" in last.stdout
    run(course, "nbgrader export --to grades.csv")
    with (course / "grades.csv").open(encoding="utf-8") as file:
        assert [row["score"] for row in csv.DictReader(file)] == ["8.5"]
    assert "mean 8.50 of 10 points" in last.stdout


def test_the_summary_names_who_has_remarks_and_the_terminal_gets_no_control_characters(
    course: Path, sandboxed: None
) -> None:
    (course / "submitted" / "ana" / LESSON / "a\x1b]0;title\x07.txt").touch()
    done = run(course, f"resnet-course grade {LESSON} --jobs 1")

    assert "1 with remarks in their reports\nWith remarks: ana\n" in done.stdout
    assert not set(done.stdout + done.stderr) & {"\x1b", "\x07"}


# --- formgrader ----------------------------------------------------------------------------------------------------

# What the button "Autograde" does, in the server's event loop.
FORMGRADER = """
import asyncio, json, sys
from nbgrader.apps.api import NbGraderAPI
from nbgrader.apps.baseapp import NbGrader
from nbgrader.coursedir import CourseDirectory

async def press(lesson, learner):
    server = NbGrader()
    server.load_config_file()
    api = NbGraderAPI(CourseDirectory(config=server.config), config=server.config)
    print(json.dumps([api.autograde(lesson, learner), api.get_submission(lesson, learner)]))

asyncio.run(press(*sys.argv[1:]))
"""


def test_formgrader_grades_by_the_same_pipeline(course: Path, sandboxed: None) -> None:
    (course / "press.py").write_text(FORMGRADER)
    done = run(course, f"python press.py {LESSON} ana")
    pressed, submission = json.loads(done.stdout)

    assert pressed["success"], pressed
    assert "1 graded, 0 already graded, mean 10.00 of 10 points" in pressed["log"]
    assert submission["score"] == submission["max_score"] == 10
    with closing(sqlite3.connect(course / "gradebook.db")) as book:
        assert book.execute("SELECT count(*) FROM resnet_course_verdict WHERE passed").fetchone()[0] == 4


def test_the_package_of_another_copy(course: Path) -> None:
    (course / "resnet_course").mkdir()
    (course / "resnet_course" / "__init__.py").write_text("raise SystemExit('another copy')")
    sentence = "has a package resnet_course of its own"
    refuses(course, f"resnet-course grade {LESSON} --jobs 1", sentence)

    # nbgrader itself imports what lies in the folder: there the two belong together.
    assert run(course, f"nbgrader autograde {LESSON}").stderr == "another copy\n"


def test_a_notebook_in_no_learners_folder_is_named(course: Path) -> None:
    save(solution(), course / "submitted", f"{LESSON}.ipynb")
    config = course_config(course)
    config.CourseDirectory.assignment_id = LESSON
    converter = SealedAutograde(coursedir=CourseDirectory(config=config), config=config)
    converter.init_notebooks()

    assert list(converter._folders) == ["ana"]
    assert converter._unfit == [(f"{LESSON}.ipynb", message("grading.command.nobodys"))]


# --- check-submission ----------------------------------------------------------------------------------------------


def test_a_jupyter_server_in_an_unknown_language_says_so_and_goes_on(course: Path, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    flags = [f"--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token=t", "--allow-root"]
    said = tmp_path / "said"
    with said.open("w") as log:
        server = subprocess.Popen(
            [str(BIN / "jupyter"), "lab", "--no-browser", "--ServerApp.root_dir=.", *flags],
            cwd=course,
            env=os.environ | {"COURSE_LANGUAGE": "fr", "JUPYTER_CONFIG_DIR": str(tmp_path / "home")},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        for page in ("formgrader", "formgrader/api/assignments"):
            for _ in range(120):
                try:
                    answer = urllib.request.urlopen(f"http://127.0.0.1:{port}/{page}?token=t", timeout=60)
                    break
                except urllib.error.URLError:
                    assert server.poll() is None, said.read_text()
                    time.sleep(0.5)
            with answer:
                text = answer.read().decode()
    finally:
        server.terminate()
        server.wait(30)

    # formgrader finds the lessons where an English course has them.
    assert LESSON in text
    assert said.read_text().count("COURSE_LANGUAGE is 'fr'; the course speaks: en, pt") == 1
    assert "Traceback" not in said.read_text()


def test_a_report_that_cannot_be_written(
    course: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(course)
    monkeypatch.setattr("resnet_course.grading.report.report_page", lambda *_: "a page")

    assert main(["report", LESSON, "--to", str(tmp_path / "no" / "page.html")]) == 1
    assert "page.html cannot be written (no such file or folder). " in capsys.readouterr().err


def test_a_right_notebook_has_nothing_to_mend(tmp_path: Path) -> None:
    path = save(solution(), tmp_path, f"{LESSON}.ipynb")
    done = run(ROOT, f"resnet-course check-submission {path}")

    assert done.returncode == 0, done.stdout + done.stderr
    assert says(done.stdout, "grading.report.clean", "en")
    assert done.stdout.count("✓") == 4


@pytest.mark.parametrize("language", languages())
def test_a_notebook_is_told_what_to_mend_in_its_language(tmp_path: Path, language: str) -> None:
    made = solution(LESSON, language)
    made.cells.remove(cell(made, "conv3x3"))
    cell(made, "shortcut-answer").source = WRONG_SHORTCUT
    path = save(made, tmp_path, "mine (3).ipynb")
    done = run(ROOT, f"resnet-course check-submission {path.with_name('x.ipynb')}")
    assert done.returncode == 1
    path.rename(tmp_path / "mine.ipynb")
    done = run(ROOT, f"resnet-course check-submission {tmp_path / 'mine.ipynb'}")

    assert done.returncode == 1, done.stderr
    assert says(done.stdout, "grading.findings.missing-test", language)
    assert says(done.stdout, f"{LESSON}.checks.shortcut.always-none", language)
    assert done.stdout.count("✓") == 3


def test_a_notebook_of_which_lesson(tmp_path: Path, machine: None) -> None:
    path = tmp_path / "mine.ipynb"
    path.write_text(json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    refuses(tmp_path, f"resnet-course check-submission {path}", "does not say which lesson it is")
    refuses(tmp_path, f"resnet-course check-submission {path} --lesson 99", "does not say which lesson it is")
    refuses(tmp_path, "resnet-course check-submission nothing.ipynb", "nothing.ipynb is no file")


def test_a_broken_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / f"{LESSON}.ipynb"
    path.write_text("{")
    done = run(ROOT, f"resnet-course check-submission {path}")

    assert done.returncode == 1
    assert says(done.stdout, "grading.findings.unreadable", "en")
