"""How fast a class is graded, against stock nbgrader on the same notebooks in the same run. Run by `make bench`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import nbformat
import psutil
import pytest
from kernel import ROOT, cell, released, solved, typed
from servers import free_ports

from resnet_course import checks
from resnet_course.grading.sandbox import proportional
from resnet_course.language import languages

BIN = Path(sys.executable).parent
LESSONS = ("03_basic_block", "04_bottleneck")
CLASS = 20  # submissions of each lesson
STOCK = """
import os
c = get_config()
os.environ["PATH"] = os.pathsep.join([{bin!r}, os.environ.get("PATH", "")])
c.CourseDirectory.course_id = "resnet-course"
c.CourseDirectory.source_directory = "solutions/en"
c.CourseDirectory.release_directory = "notebooks/en"
c.Execute.timeout = 120
c.Execute.kernel_name = "python3"
"""


def run(course: Path, *command: str) -> float:
    """Run a command in a course; return its seconds."""
    began = time.perf_counter()
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=course,
        capture_output=True,
        text=True,
        env=os.environ | {"COURSE_LANGUAGE": "en"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return time.perf_counter() - began


def make_course(folder: Path) -> Path:
    shutil.copy(ROOT / "nbgrader_config.py", folder)
    for language in languages():
        for kind in ("solutions", "notebooks"):
            shutil.copytree(ROOT / kind / language, folder / kind / language)
    for lesson in LESSONS:
        run(folder, "nbgrader", "generate_assignment", lesson)
    return folder


def submit(course: Path, lesson: str, count: int) -> None:
    """Hand in notebooks: of every four learners one has solved one exercise less than the one before."""
    names = checks.LESSONS[lesson]
    for number in range(count):
        notebook = released(lesson, "en")
        for answer in solved(lesson, "en").cells:
            exercise = next(
                (name for name in names if answer.id.startswith(name) and answer.id.endswith("-answer")), None
            )
            if exercise and names.index(exercise) < len(names) - number % 4:
                cell(notebook, answer.id).source = typed(answer.source)
        folder = course / "submitted" / f"learner{number:04}" / lesson
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{lesson}.ipynb")


def scores(course: Path) -> str:
    run(course, "nbgrader", "export", "--to", "grades.csv")
    return (course / "grades.csv").read_text()


class Memory(threading.Thread):
    """Notes how much memory all processes below this one hold together (shared pages count once: PSS)."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.samples: list[int] = []
        self._over = threading.Event()

    def run(self) -> None:
        me, proc = psutil.Process(), os.open("/proc", os.O_RDONLY)
        while not self._over.wait(2):  # looking takes processor time, which the grader then lacks
            self.samples.append(sum(proportional(proc, str(each.pid)) for each in me.children(recursive=True)))

    def stop(self) -> None:
        self._over.set()
        self.join()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = make_course(tmp_path_factory.mktemp("course"))
    for lesson in LESSONS:
        submit(made, lesson, CLASS)
    return made


def test_grading_a_class_against_stock_nbgrader(course: Path) -> None:
    count = CLASS * len(LESSONS)
    ours = {}
    for jobs in (1, 2, 3):
        command = ("resnet-course", "grade", "--jobs", str(jobs))
        alone = run(course, *command, "--student", "learner0000", LESSONS[0])
        ours[jobs] = run(course, *command, *LESSONS)
        print(
            f"\nresnet-course grade --jobs {jobs}: {ours[jobs]:.1f} s, {ours[jobs] / count:.2f} s a submission; "
            f"one alone {alone:.1f} s, each further one {(ours[jobs] - alone) / (count - 1):.2f} s"
        )
    given = scores(course)

    (course / "nbgrader_config.py").write_text(STOCK.format(bin=str(BIN)))
    shutil.rmtree(course / "autograded")
    stock = sum(run(course, "nbgrader", "autograde", lesson) for lesson in LESSONS)
    print(f"stock nbgrader autograde: {stock:.1f} s, {stock / count:.2f} s a submission")
    print(f"ratio: {stock / min(ours.values()):.1f} (jobs 1: {stock / ours[1]:.1f})")
    shutil.copy(ROOT / "nbgrader_config.py", course)
    assert scores(course) == given
    assert stock / min(ours.values()) >= 40


def test_two_thousand_submissions_take_flat_memory_and_time(tmp_path: Path) -> None:
    lesson = LESSONS[0]
    course = make_course(tmp_path)
    submit(course, lesson, 2000)
    memory = Memory()
    memory.start()
    taken = run(course, "resnet-course", "grade", lesson, "--jobs", "3")
    memory.stop()
    quarter = len(memory.samples) // 4
    early, late = max(memory.samples[quarter : 2 * quarter]), max(memory.samples[-quarter:])
    print(f"\n2 000 submissions: {taken:.0f} s, {taken / 2000:.3f} s each; ", end="")
    print(f"peak {early / 2**20:.0f} MiB in the second quarter, {late / 2**20:.0f} MiB in the last")
    assert late < 1.15 * early


# Control groups in both versions: where they are, and what holds one to half a core.
GROUPS = (
    (Path("/sys/fs/cgroup/cpu"), {"cpu.cfs_period_us": "100000", "cpu.cfs_quota_us": "50000"}),
    (Path("/sys/fs/cgroup"), {"cpu.max": "50000 100000"}),
)
CORES_ENOUGH = 6  # a worker with its sandboxes uses 1.2, the rest is for the scheduler and for the command itself


@contextmanager
def half_a_core() -> Iterator[list[str]]:
    """Make what goes before a command in order to hold it, and all that it starts, to half a core.

    Two workers on two cores would wait for each other and for the command that sends them work and writes grades:
    that would measure the machine. Where there are enough cores, nothing is held.
    """
    if (os.cpu_count() or 1) >= CORES_ENOUGH:
        yield []
        return
    root, limits = next((root, limits) for root, limits in GROUPS if (root / "cgroup.procs").exists())
    group = Path(tempfile.mkdtemp(prefix="bench-", dir=root))  # a right of root's
    try:
        for name, limit in limits.items():
            (group / name).write_text(limit)
        yield ["sh", "-c", f'echo $$ > {group}/cgroup.procs && exec "$@"', "sh"]
        while (group / "cgroup.procs").read_text():
            time.sleep(0.1)
    finally:
        group.rmdir()


@contextmanager
def started(*command: str, cwd: Path) -> Iterator[None]:
    """Run a command meanwhile."""
    process = subprocess.Popen(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def test_a_second_dask_worker(tmp_path: Path) -> None:
    lesson, count = LESSONS[0], 200
    course = make_course(tmp_path)
    submit(course, lesson, count)
    (port,) = free_ports(1)
    dask, address, taken = str(BIN / "dask"), f"tcp://127.0.0.1:{port}", []
    grade = ("resnet-course", "grade", "--scheduler", address, lesson)
    with ExitStack() as cluster:
        cluster.enter_context(started(dask, "scheduler", "--port", str(port), "--no-dashboard", cwd=course))
        for workers in (1, 2):
            held = cluster.enter_context(half_a_core())
            worker = (dask, "worker", address, "--nthreads", "1", "--no-dashboard")
            cluster.enter_context(started(*held, *worker, cwd=course))
            time.sleep(20)  # until it is there
            run(course, *grade, "--student", "learner000?")  # what a worker does only once, it has done
            taken.append(run(course, *grade))
            print(f"\nDask, workers: {workers}: {taken[-1]:.1f} s, {taken[-1] / count:.2f} s a submission", end="")
    efficiency = taken[0] / taken[1] / 2
    print(f"\nefficiency of each of the two: {efficiency:.2f}")
    assert efficiency >= 0.9
