"""Attacks on the grader itself, kind by kind: each costs the one who tries it, and nobody else."""

from __future__ import annotations

import errno
import json
import os
import signal
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from corpus import LESSON, save, solution
from inside import SMALL, ends, say
from kernel import ROOT, cell
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory
from ordinary import run_as_ordinary_user
from sqlalchemy.exc import OperationalError

from resnet_course import checks
from resnet_course.grading import batch, syscalls
from resnet_course.grading import grade as grading
from resnet_course.grading.autograde import SealedAutograde
from resnet_course.grading.graded import Settings, Task
from resnet_course.grading.intake import Submission, read_release
from resnet_course.grading.kernels import Kernel, KernelEnded, Template
from resnet_course.grading.sandbox import MIB, Limits, Sandbox, held, memory_limit
from resnet_course.language import message, speaking

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("sandbox")]

# --- nothing hangs the grader ------------------------------------------------------------------------------------

CONNECTION = """
    import os, socket, time
    def is_socket(name):
        try:
            return os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
        except OSError:
            return False
    (number,) = [int(name) for name in os.listdir("/proc/self/fd") if is_socket(name)]
    def send(line):
        os.write(number, line + bytes([10]))
    """
# Each runs in a cell of its own; what follows in the same kernel must come to an end by itself.
JUNK = {
    "no-text": "send(bytes([255]) * 999)",
    "no-json": "send(b'{')",
    "no-message": "send(b'[1]')",
    "no-output": "send(b'{\"output\": 1}')",
    "an-output-of-another-kind": 'send(b\'{"output": {"output_type": "pager"}}\')',
    "a-text-that-is-none": 'send(b\'{"output": {"output_type": "stream", "name": "stdout", "text": [1]}}\')',
    "an-end-that-is-none": 'send(b\'{"ended": "passed"}\')',
    "open-files": "socket.send_fds(socket.socket(fileno=number), [b'x\\n'], [0, 1, 2] * 9)",
    "closed": "os.close(number)",
    "shut-down": "socket.socket(fileno=number).shutdown(socket.SHUT_RDWR)",
    "stopped": "os.kill(os.getpid(), 19)",
    "done-before-it-is": """
        send(b'{"done": true}')
        time.sleep(60)
        """,
}


@pytest.mark.parametrize("name", JUNK)
def test_a_kernel_whose_connection_is_misused_ends_and_the_grader_goes_on(template: Template, name: str) -> None:
    with Sandbox(SMALL) as sandbox:
        kernel = Kernel(template, sandbox)
        kernel.run(textwrap.dedent(CONNECTION), 30)
        began = time.monotonic()
        with pytest.raises(KernelEnded):
            kernel.run(textwrap.dedent(JUNK[name]), 3)
            kernel.run("1", 3)
            kernel.run("1", 3)
        assert time.monotonic() - began < 12
    with Sandbox(SMALL) as sandbox:
        kernel = Kernel(template, sandbox)
        assert say(kernel, "print(1)") == "1"
        kernel.end()


def test_a_kernel_that_does_not_listen_ends_when_its_time_is_over(template: Template) -> None:
    with Sandbox(SMALL) as sandbox:
        kernel = Kernel(template, sandbox)
        kernel.run(textwrap.dedent(CONNECTION), 30)
        kernel.run(textwrap.dedent(JUNK["done-before-it-is"]), 30)
        with pytest.raises(KernelEnded, match="time-limit"):
            kernel.run("x" * 2**24, 2)


# --- the grader's memory -----------------------------------------------------------------------------------------

FLOODS = {
    "a-line-without-end": """
        while True:
            os.write(number, bytes(2**20))
        """,
    "outputs-without-end": """
        while True:
            send(b'{"output": {"output_type": "stream", "name": "stdout", "text": "x"}}')
        """,
    "errors-without-end": """
        while True:
            error = b'{"output_type": "error", "ename": "", "evalue": "", "traceback": [' + b'"",' * 999 + b'""]}'
            send(b'{"output": ' + error + b"}")
        """,
    "deep-nesting": "send(b'[' * 100_000)",
    "wide-nesting": "send(b'[' + b'[],' * 400_000 + b'[]]')",
    "a-long-number": "send(b'9' * 1_000_000)",
}


@pytest.mark.parametrize("name", FLOODS)
def test_what_a_kernel_sends_does_not_fill_the_graders_memory(template: Template, name: str) -> None:
    with Sandbox(SMALL) as sandbox:
        kernel = Kernel(template, sandbox)
        kernel.run(textwrap.dedent(CONNECTION), 30)
        before = psutil.Process().memory_info().rss
        with pytest.raises(KernelEnded):
            kernel.run(textwrap.dedent(FLOODS[name]), 4)
        assert psutil.Process().memory_info().rss - before < 64 * MIB


def test_judging_may_take_only_so_much_memory() -> None:
    """Beyond its budget Python says MemoryError, and the machine stays as it is."""
    before = held()
    with pytest.raises(MemoryError), memory_limit(64 * MIB):
        bytearray(256 * MIB)
    assert len(bytearray(256 * MIB)) == 256 * MIB
    assert held() < before + 512 * MIB


def test_judging_comes_to_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grading, "JUDGE_SECONDS", 0.5)

    def endless(*_: Any) -> Any:
        while True:
            pass

    monkeypatch.setattr(checks.basic_block.__class__, "conclude", endless)
    verdict, *_ = grading._judge(checks.basic_block, grading.crossing.dump({"observation": {}, "printed": ""}), 0)
    assert verdict.key == "no-observation"


# --- memory wherever it hides ------------------------------------------------------------------------------------

HIDDEN = {
    "page-tables": """
        import mmap, time
        m = mmap.mmap(-1, 2**40, flags=mmap.MAP_PRIVATE | 0x4000, prot=mmap.PROT_READ)
        for place in range(0, 2**40, 2**21):
            m[place]  # a table of 4 KiB for a page that takes nothing
        time.sleep(50)
        """,
    "a-process-whose-first-thread-has-ended": """
        import os, time
        if os.fork() == 0:
            import ctypes, threading
            def work():
                x = b"1" * (900 * 2**20)
                time.sleep(60)
            threading.Thread(target=work).start()
            ctypes.CDLL(None).syscall({exit}, 0)
        time.sleep(50)
        """,
    "a-program-that-cannot-be-read": """
        import os, shutil, subprocess, time
        shutil.copy("/usr/bin/dd", "/tmp/dd")
        os.chmod("/tmp/dd", 0o111)
        subprocess.Popen(["/tmp/dd", "if=/dev/zero", "of=/dev/null", "bs=900M"])
        time.sleep(50)
        """,
}
EXIT = {"x86_64": 60}.get(os.uname().machine, 93)


def hide(template: Template, name: str) -> None:
    """Run what hides memory, where all together may have 800 MiB."""
    with Sandbox(Limits()) as sandbox:
        kernel = Kernel(template, sandbox)
        sandbox.limits = Limits(memory=400 * MIB)
        with pytest.raises(KernelEnded, match="memory"):
            kernel.run(textwrap.dedent(HIDDEN[name].replace("{exit}", str(EXIT))), 40)


@pytest.mark.parametrize("name", HIDDEN)
def test_memory_is_counted_wherever_it_hides(template: Template, name: str) -> None:
    hide(template, name)


def test_files_without_names_and_files_without_content_have_limits(template: Template) -> None:
    source = """
        import os
        kept = []
        try:
            for i in range(9):
                kept.append(open(f"/{place}/x", "wb"))
                os.remove(f"/{place}/x")
                kept[-1].write(bytes(3 * 2**20)), kept[-1].flush()
        except OSError as error:
            print(error.strerror)
        """
    with Sandbox(SMALL) as sandbox:
        kernel = Kernel(template, sandbox)
        for place in ("tmp", "dev/shm"):
            assert say(kernel, source.replace("{place}", place)) == "No space left on device"
        kernel.end()
    empty = (
        "import os, time\nos.mkdir('/tmp/d', 0o300)\n[os.mkdir(f'/tmp/d/{i}') for i in range(25000)]\ntime.sleep(50)"
    )
    assert ends(template, empty) == "files"


def test_system_calls_that_no_exercise_needs_are_refused(template: Template) -> None:
    if syscalls.lacking():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(syscalls.lacking())
    source = f"""
        import ctypes, errno, os, socket
        import pyseccomp
        libc = ctypes.CDLL(None, use_errno=True)
        for name in {syscalls.REFUSED!r}:
            number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
            if number >= 0:
                ctypes.set_errno(0)
                if libc.syscall(number, -1, -1, -1, -1, -1, -1) != -1 or ctypes.get_errno() != errno.ENOSYS:
                    print("works:", name, ctypes.get_errno())
        print([family for family in range(100) if (lambda: opens(family))()])
        print(libc.prctl(4, 0, 0, 0, 0), os.strerror(ctypes.get_errno()))
        for flag in (0x10000000, 0x20000, 0x8000):
            print(libc.syscall(pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, "clone"), flag | 17, 0, 0, 0, 0))
        """
    opens = """
        import socket
        def opens(family):
            try:
                socket.socket(family, socket.SOCK_STREAM if family in (1, 2, 10) else socket.SOCK_RAW).close()
            except PermissionError:
                return family  # allowed by the filter, and refused by the kernel
            except OSError:
                return False
            return True
        """
    with Sandbox(SMALL) as sandbox:
        kernel = Kernel(template, sandbox)
        say(kernel, opens)
        found = say(kernel, source).splitlines()
        kernel.end()
    assert found == ["[1, 2, 10, 16]", "-1 Operation not permitted", "-1", "-1", "-1"]


def test_the_sessions_keyring_is_not_the_teachers() -> None:
    if sys.platform != "linux":
        pytest.skip("keyrings are Linux's")
    source = """
        import ctypes
        from resnet_course.grading.template_process import KEYCTL, KEYCTL_ELSEWHERE, own_keyring
        import platform
        libc = ctypes.CDLL(None, use_errno=True)
        def session():
            return libc.syscall(KEYCTL.get(platform.machine(), KEYCTL_ELSEWHERE), 0, -3, 0)
        before = session()
        own_keyring()
        print(before == session() != -1)
        """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(source)], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_without_libseccomp_the_grader_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyseccomp", None)
    syscalls._make.cache_clear()
    try:
        assert syscalls.make_filter() is None
        assert "pip install pyseccomp" in syscalls.lacking()
    finally:
        syscalls._make.cache_clear()


# --- an ordinary user as the grader ------------------------------------------------------------------------------


def test_an_ordinary_user_gets_the_same_sandbox_and_counts_the_same() -> None:
    """Such a grader may not look into processes that hide, nor into folders that are closed."""
    source = """
        import os
        from inside import SMALL, ends, say
        from resnet_course.grading.kernels import Kernel, Template
        from resnet_course.grading.sandbox import Limits, Sandbox
        from test_attacks import hide

        print(os.getuid(), [line.split()[1] for line in open("/proc/self/status") if line.startswith("CapEff")])
        with Template() as template:
            with Sandbox(SMALL) as sandbox:
                kernel = Kernel(template, sandbox)
                print(say(kernel, "import os; print(os.getuid(), os.path.exists('/home'), os.access('/etc', os.R_OK))"))
                kernel.end()
            hide(template, "a-program-that-cannot-be-read")
            hide(template, "page-tables")
            print(ends(template, '''
                import os, shutil, subprocess, time
                shutil.copy("/usr/bin/sleep", "/tmp/sleep")
                os.chmod("/tmp/sleep", 0o111)
                [subprocess.Popen(["/tmp/sleep", "99"]) for _ in range(12)]
                time.sleep(50)
                '''))
            print(ends(template, '''
                import os, time
                os.mkdir("/observed/closed", 0o300)
                for i in range(2000):
                    os.mkdir(f"/observed/closed/{i}")
                time.sleep(50)
                '''))
        """
    done = run_as_ordinary_user(source)

    user = os.geteuid() or 65533
    assert done.stdout.splitlines() == [
        f"{user} ['0000000000000000']", f"{user} False True", "processes", "files"
    ], done.stderr  # fmt: skip


def test_a_submission_that_is_closed_to_an_ordinary_user_stops_nobody_elses_grading() -> None:
    source = """
        import os, tempfile
        from pathlib import Path
        from nbgrader.coursedir import CourseDirectory
        from resnet_course.grading.autograde import SealedAutograde
        with tempfile.TemporaryDirectory() as root:
            for learner, mode in {"all": 0o700, "closed": 0o000, "hidden": 0o300, "outside": 0o700}.items():
                folder = Path(root, "submitted", learner, "03_basic_block")
                folder.mkdir(parents=True)
                (folder / "03_basic_block.ipynb").write_text("{}")
                folder.chmod(mode)
            folder.parent.chmod(0)
            converter = SealedAutograde(coursedir=CourseDirectory(root=root, assignment_id="03_basic_block"))
            converter.init_notebooks()
            for learner, folder in converter._folders.items():
                found = converter._read(folder, "03_basic_block")
                print(learner, found.content is not None, *(finding.key for finding in found.findings))
            for folder in [*Path(root, "submitted").iterdir(), *Path(root).glob("submitted/*/*")]:
                folder.chmod(0o700)
        """
    done = run_as_ordinary_user(source)
    assert done.stdout.splitlines() == [
        "all True", "closed False unreadable-file", "hidden False unreadable-file", "outside False unreadable-file"
    ], done.stderr  # fmt: skip


# --- several threads, and workers that hang ----------------------------------------------------------------------


def test_threads_of_one_worker_give_the_grades_of_one_alone(sandboxed: None) -> None:
    """A Dask worker has several threads unless it is told otherwise: one template, one random state, two languages."""
    tasks = [
        Task(
            language, Submission(json.dumps(solution(LESSON, language)).encode()), read_release(ROOT, LESSON, language)
        )
        for language in ("en", "pt")
    ]
    try:
        with ThreadPoolExecutor(4) as threads:
            found = list(threads.map(lambda task: batch.run_task(task, Settings()), tasks * 3))
    finally:
        if batch._pool is not None:
            batch._pool.end()
            batch._pool = None
    for graded in found:
        with speaking(graded.learner):
            title = message("common.card.passed")
        assert [(each.key, title in each.text) for each in graded.questions] == [("passed", True)] * 4


def test_workers_that_hang_are_ended(sandboxed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "PATIENCE", 3.0)
    task = Task("ana", Submission(json.dumps(solution()).encode()), read_release(ROOT, LESSON, "en"))
    with batch.Workers(2, settings=Settings(Limits(notebook_seconds=1.0))) as workers:
        started = workers._template
        assert started is not None
        started.wait()
        assert started._process is not None
        started._process.send_signal(signal.SIGSTOP)  # whoever asks it for a kernel waits
        (graded,) = workers.grade([task])
        started._process.send_signal(signal.SIGCONT)
    assert {each.key for each in graded.questions} == {"internal"}


# --- what is left behind -----------------------------------------------------------------------------------------

GRADE = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)  # a background job ignores it
import sys
from pathlib import Path
from resnet_course.grading.batch import Workers, Task
from resnet_course.grading.graded import Settings
from resnet_course.grading.intake import Submission, read_release
from corpus import LESSON
from kernel import ROOT, cell
from nbgrader.converters.base import NbGraderException
from nbgrader.coursedir import CourseDirectory

task = Task("ana", Submission(Path(sys.argv[1]).read_bytes()), read_release(ROOT, LESSON, "en"))
with Workers(settings=Settings(closed=sys.argv[2] == "closed")) as workers:
    list(workers.grade([task]))
"""


@pytest.mark.parametrize(
    ("way", "closed"), [(signal.SIGKILL, "closed"), (signal.SIGKILL, "open"), (signal.SIGINT, "open")], ids=str
)
def test_a_grader_that_is_stopped_leaves_no_process_and_no_file(
    tmp_path: Path, sandboxed: None, way: signal.Signals, closed: str
) -> None:
    """Ctrl-C in `check-submission` once left a kernel at 100 %."""
    made = solution()
    cell(made, "conv3x3-answer").source = "while True:\n    pass"
    temporary = Path(tempfile.mkdtemp())  # short, as a socket's path must be
    grader = subprocess.Popen(
        [sys.executable, "-c", GRADE, str(save(made, tmp_path, "a.ipynb")), closed],
        env=os.environ | {"TMPDIR": str(temporary), "PYTHONPATH": f"{ROOT}:{ROOT}/tests:{ROOT}/tests/grading"},
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    started: list[psutil.Process] = []
    deadline = time.monotonic() + 60
    while not any(_is_kernel(each, grader.pid) for each in started):
        assert time.monotonic() < deadline and grader.poll() is None
        time.sleep(0.2)
        started = psutil.Process(grader.pid).children(recursive=True)
    os.killpg(grader.pid, way)
    grader.wait(30)
    _, alive = psutil.wait_procs(started, 20)

    assert alive == []
    temporary.rmdir()  # which it can only be when it is empty


def _is_kernel(process: psutil.Process, grader: int) -> bool:
    """Tell whether a process is the child of a kernel's keeper, below template and grader."""
    try:
        return [each.pid for each in process.parents()][2:3] == [grader] and process.name() != "bwrap"
    except psutil.Error:
        return False


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "full"),
        OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full")),
    ],
    ids=["file", "gradebook"],
)
def test_a_full_disk_is_told_in_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception) -> None:
    def fail(*_: Any) -> Any:
        raise error

    converter = SealedAutograde(coursedir=CourseDirectory(root=str(tmp_path), assignment_id=LESSON))
    monkeypatch.setattr(SealedAutograde, "released_points", fail)
    with pytest.raises(NbGraderException, match="--resume"):
        converter.convert_notebooks()


# --- honest work that needs something of the machine --------------------------------------------------------------


def test_a_data_loader_with_workers_works(template: Template) -> None:
    source = """
        import torch
        from torch.utils.data import DataLoader, TensorDataset
        loader = DataLoader(TensorDataset(torch.arange(64.0)), batch_size=8, num_workers=2)
        print(sum(batch.sum() for (batch,) in loader).item())
        """
    with Sandbox(Limits()) as sandbox:
        kernel = Kernel(template, sandbox)
        assert say(kernel, source) == "2016.0"
        kernel.end()
