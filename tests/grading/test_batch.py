"""Many submissions: pools that break, graders that are killed, clusters; always the same grades."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from corpus import LESSON, WRONG_SHORTCUT, save, solution
from course import make_course
from distributed import LocalCluster
from kernel import ROOT, cell, released

from resnet_course.grading import GradingError, working
from resnet_course.grading.batch import grade_all
from resnet_course.grading.grade import ungradable
from resnet_course.grading.graded import Graded, Settings, Task
from resnet_course.grading.intake import Release, Submission, read_release

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("batch")]

BIN = Path(sys.executable).parent


def some_tasks() -> list[Task]:
    release = read_release(ROOT, LESSON, "en")
    wrong = solution()
    cell(wrong, "shortcut-answer").source = WRONG_SHORTCUT
    made = {"right": solution(), "wrong": wrong, "untouched": released(LESSON, "en"), "pt": solution(LESSON, "pt")}
    contents = {name: repr_json(each) for name, each in made.items()} | {"broken": b"{"}
    return [Task(name, Submission(content), release) for name, content in contents.items()]


def repr_json(made: Any) -> bytes:
    import json

    return json.dumps(made).encode()


def outcome(graded: Graded) -> Any:
    return graded.language, graded.digest, graded.findings, [(each.grade_id, each.key) for each in graded.questions]


@pytest.fixture(scope="module")
def alone(sandboxed: None) -> dict[str, Any]:
    """What grading one after the other in this process gives."""
    return {graded.learner: outcome(graded) for graded in grade_all(some_tasks())}


def test_one_after_the_other(alone: dict[str, Any]) -> None:
    assert len(alone) == 5
    assert [key for _, key in alone["right"][3]] == ["passed"] * 4
    assert [key for _, key in alone["broken"][3]] == ["no-notebook"] * 4


def test_a_pool_gives_the_same_grades(alone: dict[str, Any]) -> None:
    assert {graded.learner: outcome(graded) for graded in grade_all(some_tasks(), jobs=2)} == alone


def test_a_cluster_gives_the_same_grades(alone: dict[str, Any]) -> None:
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        found = {
            graded.learner: outcome(graded) for graded in grade_all(some_tasks(), scheduler=cluster.scheduler_address)
        }
    assert found == alone


@dataclass(frozen=True)
class Killer(Submission):
    """A submission that kills the worker that first unpacks it."""

    marker: str = ""

    def __reduce__(self) -> Any:
        return _kill_once, (self.marker, self.content)


def _kill_once(marker: str, content: bytes) -> Submission:
    if not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return Submission(content)


def test_a_submission_that_kills_its_worker_costs_nobody_else(alone: dict[str, Any], tmp_path: Path) -> None:
    tasks = [
        replace(task, submission=Killer(task.submission.content, marker=str(tmp_path / "killed")))
        if task.learner == "wrong"
        else task
        for task in some_tasks()
    ]
    found = {graded.learner: outcome(graded) for graded in grade_all(tasks, jobs=2)}
    killer = found.pop("wrong")

    assert (tmp_path / "killed").exists()
    assert found == {name: each for name, each in alone.items() if name != "wrong"}
    assert [key for _, key in killer[3]] == ["internal"] * 4
    assert killer[2][0][0] == "grader-failed"


class Broken(Release):
    """A release on which the grader itself fails."""

    @property
    def imports(self) -> Any:
        raise ZeroDivisionError("ours\nsecond line")


def test_an_error_of_the_graders_own_is_recorded_and_stops_nothing(alone: dict[str, Any]) -> None:
    tasks = some_tasks()[:3]
    tasks[1] = replace(tasks[1], release=Broken(LESSON, "en", tasks[1].release.notebook))
    found = {graded.learner: outcome(graded) for graded in grade_all(tasks)}
    broken = found.pop("wrong")

    assert [key for key, _ in broken[2]] == ["grader-failed"]
    assert [key for _, key in broken[3]] == ["internal"] * 4
    assert found == {name: alone[name] for name in ("right", "untouched")}


def test_of_an_error_of_the_graders_own_the_first_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any) -> Graded:
        raise ZeroDivisionError("ours\nsecond line")

    monkeypatch.setattr(working, "grade", fails)
    graded = working.grade_task("no-template", some_tasks()[1], Settings())

    assert graded.findings == ungradable_findings()
    assert {each.key for each in graded.questions} == {"internal"}


def ungradable_findings() -> Any:
    task = some_tasks()[1]
    return ungradable(task.learner, task.submission, task.release, ZeroDivisionError("ours\nsecond line")).findings


def test_a_machine_without_bubblewrap_grades_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    read: list[Task] = []
    with pytest.raises(GradingError, match="bubblewrap is not installed"):
        next(grade_all((read.append(task) or task for task in some_tasks()), jobs=1))
    assert read == []


# --- killed half-way -----------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory, sandboxed: None) -> Iterator[Path]:
    made = make_course(tmp_path_factory.mktemp("course"), LESSON)
    wrong = solution()
    cell(wrong, "shortcut-answer").source = WRONG_SHORTCUT
    for number in range(8):
        folder = made / "submitted" / f"learner-{number}" / LESSON
        folder.mkdir(parents=True)
        save(wrong if number % 2 else solution(), folder)
    yield made


def rows(course: Path, table: str = "resnet_course_verdict") -> list[Any]:
    with closing(sqlite3.connect(course / "gradebook.db", timeout=60)) as book:
        try:
            return book.execute(f"SELECT learner, grade_id, key FROM {table} ORDER BY 1, 2").fetchall()
        except sqlite3.OperationalError:
            return []


def grade_course(course: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [str(BIN / "resnet-course"), "grade", LESSON, "--jobs", "2", *arguments],
        cwd=course,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_killed_half_way_and_resumed_equals_uninterrupted(course: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    shutil.copytree(course, whole)
    killed = grade_course(course)
    deadline = time.monotonic() + 240
    while len({learner for learner, *_ in rows(course)}) < 3:
        assert time.monotonic() < deadline
        assert killed.poll() is None, killed.communicate()
        time.sleep(0.05)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    half = rows(course)
    assert len(half) % 4 == 0, "half a submission was recorded"
    assert len(half) < 8 * 4, "it was killed too late for this test"

    resumed = grade_course(course, "--resume")
    told = resumed.communicate(timeout=400)[0]
    assert resumed.returncode == 0, told
    assert "0 already graded" not in told
    uninterrupted = grade_course(whole)
    uninterrupted.communicate(timeout=400)

    assert rows(course) == rows(whole)
    assert len(rows(course)) == 8 * 4
    for number in range(8):
        assert (course / "autograded" / f"learner-{number}" / LESSON / f"{LESSON}.ipynb").is_file()


def test_resuming_grades_only_what_is_new(course: Path) -> None:
    if not rows(course):
        pytest.skip("the test before this one graded nothing")
    changed = course / "submitted" / "learner-1" / LESSON
    save(solution(), changed)
    resumed = grade_course(course, "--resume")
    told = resumed.communicate(timeout=400)[0]

    assert "1 graded, 7 already graded" in told
    assert ("learner-1", "shortcut", "passed") in rows(course)
