"""What code in the sandbox sees and may do, and what the grader's own machinery makes of it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
from corpus import is_running
from inside import SMALL, ends, say, wait_until
from kernel import ROOT

from resnet_course.grading import GradingError, obstacle
from resnet_course.grading.kernels import Kernel, KernelEnded, Template, Worker
from resnet_course.grading.sandbox import MIB, Limits, Sandbox
from resnet_course.language import languages, message, speaking

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("sandbox")]


@pytest.fixture(scope="module")
def kernel(template: Template) -> Iterator[Kernel]:
    with Sandbox(SMALL) as sandbox:
        made = Kernel(template, sandbox)
        yield made
        made.end()


def test_only_the_system_python_and_the_course_are_there(kernel: Kernel) -> None:
    assert (
        say(kernel, "import os; print(os.getcwd(), os.listdir('/home') if os.path.exists('/home') else [])")
        == "/tmp []"
    )
    found = say(kernel, f"import os; print(os.path.exists({str(ROOT / 'tests')!r}), os.path.exists('/etc/passwd'))")
    assert found == "False False"
    assert say(kernel, "import resnet_course, torch, torchvision, matplotlib; print('all')") == "all"


def test_packages_that_a_user_installed_for_themselves_are_there_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sandboxed: None
) -> None:
    """As `pip install --user` does: in a folder that is not below Python's own."""
    mine = tmp_path / ".local" / "lib" / "python3" / "site-packages"
    mine.mkdir(parents=True)
    (mine / "of_the_users.py").write_text("found = 'found'")
    (tmp_path / "solutions").mkdir()
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(mine), str(tmp_path), str(ROOT)]))
    monkeypatch.setattr(sys, "path", [str(mine), str(tmp_path), *sys.path])

    with Template() as template, Sandbox(SMALL) as sandbox:
        kernel = Kernel(template, sandbox)
        assert say(kernel, "import of_the_users; print(of_the_users.found)") == "found"
        assert say(kernel, f"import os; print(os.listdir({str(tmp_path)!r}))") == "['.local']"
        assert "OSError" in say(kernel, f"open({str(mine / 'x')!r}, 'w')")


def test_a_kernel_that_cannot_start_says_why(template: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox(SMALL) as sandbox:
        monkeypatch.setattr(Sandbox, "folder", "/nowhere")
        with pytest.raises(GradingError, match=r"FileNotFoundError.*/nowhere"):
            Kernel(template, sandbox)


def test_there_is_no_network(kernel: Kernel) -> None:
    source = "import socket; print(socket.if_nameindex()); socket.create_connection(('1.1.1.1', 53), timeout=2)"
    assert say(kernel, source).startswith("[(1, 'lo')]")
    assert "OSError" in say(kernel, source)


def test_a_cell_has_run_only_when_its_reply_is_here(kernel: Kernel) -> None:
    assert [say(kernel, f"print({count})") for count in range(100)] == [str(count) for count in range(100)]


SHOWN: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "prints": (
        "import sys; print('a'); print('b', end='', file=sys.stderr); print('c'); print('d')",
        [("stdout", "a\n"), ("stderr", "b"), ("stdout", "c\nd\n")],
    ),
    "value": ("40 + 2", [("text/plain", "42")]),
    "html": ("from IPython.display import HTML, display\ndisplay(HTML('<b>x</b>'))", [("text/plain", "<IPython")]),
    "figure": (
        "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()",
        [("text/plain", "<Figure"), ("image/png", "iVBOR")],
    ),
    "await": ("import asyncio\nawait asyncio.sleep(0)\nprint('slept')", [("stdout", "slept\n")]),
    "magic": ("%%capture\nprint('kept to itself')", []),
    "error": ("print('before')\n1 / 0", [("stdout", "before\n"), ("ZeroDivisionError", "division by zero")]),
    "syntax": ("1 +", [("SyntaxError", "invalid syntax")]),
    "input": ("input('Name? ')", [("StdinNotImplementedError", "")]),
    "pickled": (
        "class A: pass\nimport pickle\nprint(type(pickle.loads(pickle.dumps(A()))) is A)",
        [("stdout", "True\n")],
    ),
    "latin": ("print('ç\\ud800\\0')", [("stdout", "ç?�\n")]),
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_cell_shows_what_it_would_show_in_a_notebook(kernel: Kernel, name: str) -> None:
    source, wanted = SHOWN[name]
    found = []
    for output in kernel.run(source, 60):
        if output.output_type == "stream":
            found.append((output.name, output.text))
        elif output.output_type == "error":
            assert any(output.ename in line for line in output.traceback)
            found.append((output.ename, output.evalue))
        else:
            found += output.data.items()

    assert [(kind, text[: len(start)]) for (kind, text), (_, start) in zip(found, wanted, strict=True)] == wanted


def test_the_graders_environment_is_not_there(kernel: Kernel, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = say(kernel, "import os; print(dict(os.environ), open('/proc/self/cmdline').read())")

    assert "JPY_PARENT_PID" not in seen
    assert not [name for name in ("USER", "LOGNAME", "MAIL", "SSH_AUTH_SOCK", "VIRTUAL_ENV") if f"'{name}'" in seen]


MEMORY = """
    import ctypes, re
    found = 0
    for line in list(open("/proc/self/maps")):
        place, rights, *_ = line.split()
        begin, end = (int(each, 16) for each in place.split("-"))
        if rights.startswith("rw"):
            for place in range(begin, end, 2**20):
                found += len(re.findall(rb"GRADERS[_]TOKEN", ctypes.string_at(place, min(2**20, end - place))))
    print(found > 0)
    """


def test_nor_is_it_in_the_memory_that_a_kernel_inherits(template: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(500):  # some of it would still be there, when other things have taken most of its place
        monkeypatch.setenv(f"GRADERS_TOKEN_{number}", "4711" * 50)
    with Worker(template) as worker:  # which has the grader's environment
        worker.call("os:getpid", patience=60)
    with Sandbox(Limits()) as sandbox:
        kernel = Kernel(template, sandbox)
        assert say(kernel, MEMORY) == "False"
        assert say(kernel, "GRADERS_TOKEN = 1\n" + textwrap.dedent(MEMORY)) == "True"  # the search finds what is there
        kernel.end()


def test_there_are_no_other_processes(kernel: Kernel) -> None:
    assert say(kernel, "import os; print(sorted(int(p) for p in os.listdir('/proc') if p.isdigit())[0:1])") == "[1]"
    assert int(say(kernel, "print(len([p for p in os.listdir('/proc') if p.isdigit()]))")) <= 3


def test_no_right_is_left_and_none_can_be_won(kernel: Kernel) -> None:
    status = say(kernel, "print(open('/proc/self/status').read())")
    for line in status.splitlines():
        if line.startswith("Cap"):
            assert int(line.split()[1], 16) == 0, line
    assert "NoNewPrivs:\t1" in status
    assert say(kernel, "import os; print(os.geteuid() == 0)") == "False"
    unshare = "import subprocess as s; print(s.run(['unshare', '-U', 'true'], capture_output=True).returncode)"
    assert say(kernel, unshare) != "0"


def test_nothing_can_be_written_but_scratch(kernel: Kernel) -> None:
    places = ["/", "/dev", "/usr/lib", "/etc", "/proc/sys/kernel", str(ROOT), sys.prefix, str(Path(os.__file__).parent)]
    source = f"""
        import os
        for place in {places!r}:
            try:
                open(os.path.join(place, "trace"), "w")
                print("wrote", place)
            except OSError:
                pass
        written = open("/tmp/trace", "w").write("x")
        """
    assert say(kernel, source) == ""


def test_scratch_and_files_have_limits(kernel: Kernel) -> None:
    assert "File too large" in say(kernel, "open('/tmp/a', 'wb').write(bytes(5 * 2**20))")
    filling = "for i in range(9): open(f'/tmp/b{i}', 'wb').write(bytes(3 * 2**20))"
    assert "No space left" in say(kernel, filling)
    say(kernel, "import glob, os; [os.remove(p) for p in glob.glob('/tmp/[ab]*')]")


def test_memory_has_a_limit(kernel: Kernel) -> None:
    assert "MemoryError" in say(kernel, "x = bytearray(2**31)")
    assert say(kernel, "print(1)") == "1"


ENDINGS = {
    "died": "import os; os._exit(0)",
    "died-by-name": "exit()",
    "died-by-signal": "import os; os.kill(os.getpid(), 9)",
    "time-limit": "while True: pass",
    "processes": "import subprocess, time; [subprocess.Popen(['sleep', '99']) for _ in range(12)]; time.sleep(50)",
    "output": "while True: print('x' * 10_000)",
    "output-at-once": "print('x' * 2**26)",
    "files": """
        import os, time
        for i in range(2000):
            os.makedirs(f'/observed/d/{i}')
        time.sleep(50)
        """,
}


@pytest.mark.parametrize("name", ENDINGS)
def test_a_kernel_that_goes_beyond_its_limits_is_ended(template: Template, name: str) -> None:
    seconds = 3 if name == "time-limit" else 60
    limits = Limits(processes=8, file_size=4 * MIB, output=1024)
    wanted = next(key for key in ("time-limit", name.split("-")[0]) if name.startswith(key))

    assert ends(template, ENDINGS[name], limits, seconds) == wanted


FORKS = """
    import os, time
    for _ in range(4):
        if os.fork() == 0:
            try:
                x = b"1" * {size}
                time.sleep(60)
            finally:
                os._exit(0)
    time.sleep({seconds})
    print("fine")
    """


def forked(template: Template, size: int, seconds: int) -> str:
    """Run forks, each with some memory of its own, where all together may have 800 MiB."""
    with Sandbox(Limits()) as sandbox:
        kernel = Kernel(template, sandbox)
        sandbox.limits = Limits(memory=400 * MIB)
        try:
            return say(kernel, FORKS.format(size=size, seconds=seconds))
        finally:
            kernel.end()


def test_memory_of_all_processes_has_a_limit(template: Template) -> None:
    with pytest.raises(KernelEnded, match="memory"):
        forked(template, 250 * MIB, 50)


def test_memory_that_forks_share_counts_once(template: Template) -> None:
    assert forked(template, 0, 2) == "fine"


def test_a_daemon_ends_with_the_sandbox(template: Template) -> None:
    with Sandbox(SMALL) as sandbox:
        kernel = Kernel(template, sandbox)
        say(kernel, "import subprocess; subprocess.Popen(['setsid', 'sleep', '86398.5'], start_new_session=True)")
        # `setsid` becomes another process; whoever lists all of them in that moment, may meet neither.
        wait_until(lambda: is_running("86398.5"), "the daemon runs")
        kernel.end()
    assert not is_running("86398.5")


def test_a_template_leaves_nothing_in_a_folder_that_others_share(template: Template) -> None:
    """What somebody has put into a shared IPython folder would be read; whoever came first would own it."""
    with Sandbox(SMALL) as sandbox:
        kernel = Kernel(template, sandbox)
        folder = say(kernel, "print(get_ipython().ipython_dir)")
        kernel.end()
    assert folder == str(Path(template.address).parent)


def test_nothing_that_is_written_inside_comes_onto_the_graders_disk(template: Template) -> None:
    source = """
        import os
        os.chdir('/observed')
        os.makedirs('closed/inside')
        os.chmod('closed', 0)
        for _ in range(800):
            os.mkdir('d')
            os.chdir('d')
        """
    with Sandbox(SMALL) as sandbox:
        kernel = Kernel(template, sandbox)
        before = set(Path(tempfile.gettempdir()).iterdir())
        say(kernel, source)
        assert set(Path(tempfile.gettempdir()).iterdir()) <= before
        kernel.end()
    assert not sandbox.shared.exists()


def test_two_kernels_draw_different_random_numbers(template: Template) -> None:
    drawn = set()
    for _ in range(2):
        with Sandbox(SMALL) as sandbox:
            kernel = Kernel(template, sandbox)
            drawn.add(
                say(kernel, "import random, torch, numpy; print(random.random(), torch.rand(1), numpy.random.rand())")
            )
            kernel.end()
    assert len(drawn) == 2


def test_what_is_no_ordinary_small_file_is_not_read(template: Template) -> None:
    source = """
        import os
        os.chdir("/observed")
        os.symlink("/etc/hostname", "link")
        os.mkfifo("pipe")
        os.mkdir("folder")
        open("large", "wb").write(bytes(11))
        open("file", "wb").write(b"fine")
        """
    with Sandbox(SMALL) as sandbox:
        kernel = Kernel(template, sandbox)
        say(kernel, source)

        for name in ("link", "pipe", "folder", "large", "nothing"):
            assert sandbox.read(name, 10) is None
        assert sandbox.read("file", 10) == b"fine"
        kernel.end()


def test_without_bubblewrap_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    for language in languages():
        with speaking(language), pytest.raises(GradingError) as caught:
            Sandbox(SMALL)
        with speaking(language):
            assert str(caught.value) == message("grading.sandbox.missing")
    assert "--no-sandbox" in str(caught.value)


def test_a_bubblewrap_that_refuses_is_quoted(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'No permissions to create a new namespace' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(shutil, "which", lambda _: str(broken))
    with pytest.raises(GradingError, match="No permissions to create a new namespace"):
        Sandbox(SMALL)


SYSCTL = "proc/sys/kernel/apparmor_restrict_unprivileged_userns"


@pytest.mark.parametrize(
    ("files", "release", "cure"),
    [
        ({SYSCTL: "1\n"}, "6.8.0-49-generic", "kernel.apparmor_restrict_unprivileged_userns=0"),
        ({".dockerenv": "", SYSCTL: "1\n"}, "6.8.0-49-generic", "--security-opt seccomp=unconfined"),
        ({"run/.containerenv": ""}, "6.1.0", "--security-opt seccomp=unconfined"),
        ({}, "4.4.0-19041-Microsoft", "wsl --set-version"),
        ({"proc/sys/kernel/unprivileged_userns_clone": "0\n"}, "4.19.0", "kernel.unprivileged_userns_clone=1"),
        ({"proc/sys/user/max_user_namespaces": "0\n"}, "3.10.0", "user.max_user_namespaces=10000"),
        ({SYSCTL: "0\n", "proc/sys/user/max_user_namespaces": "9\n"}, "5.15-microsoft-standard-WSL2", "true"),
    ],
)
@pytest.mark.parametrize("language", languages())
def test_where_bubblewrap_is_refused_the_cure_is_named(
    files: dict[str, str], release: str, cure: str, language: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(obstacle.platform, "release", lambda: release)
    with speaking(language):
        assert cure in obstacle.cure(tmp_path)


# Containers in which root is the only user, or may do what root does only in part.
DOCKER = "+chown,+dac_override,+fowner,+fsetid,+kill,+setfcap,+setgid,+setuid,+setpcap,+net_bind_service,+net_raw"
FAKE_ROOTS = {
    "as in Docker": ("setpriv", f"--bounding-set=-all,{DOCKER},+sys_chroot,+mknod", "--inh-caps=-all"),
    "the only user": ("unshare", "--user", "--map-root-user"),
    "may not give files away": ("setpriv", "--bounding-set=-chown", "--inh-caps=-chown"),
    "may not map users": ("setpriv", "--bounding-set=-setuid,-setgid,-sys_admin", "--inh-caps=-all"),
}


@pytest.mark.parametrize("kind", FAKE_ROOTS)
def test_a_root_that_is_none_gets_a_sandbox_or_a_sentence(kind: str, sandboxed: None, tmp_path: Path) -> None:
    if os.geteuid() != 0 and "setpriv" in FAKE_ROOTS[kind]:
        pytest.skip("only root can lose some of its rights")
    source = """
        from resnet_course.grading import GradingError
        from resnet_course.grading.kernels import Kernel, Template
        from resnet_course.grading.sandbox import Limits, Sandbox
        try:
            with Sandbox(Limits()) as sandbox, Template() as template:
                kernel = Kernel(template, sandbox)
                print("sandbox", kernel.run("import os; print(os.path.exists('/home'))", 30)[0].text)
        except GradingError as error:
            print("sentence", error)
        """
    done = subprocess.run(
        [*FAKE_ROOTS[kind], sys.executable, "-c", textwrap.dedent(source)],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip

    assert done.stdout.startswith(("sandbox False", "sentence bubblewrap cannot")), done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    if not kind.startswith("may not"):
        assert done.stdout.startswith("sandbox False"), done.stdout


def test_the_template_ends_with_its_owner() -> None:
    source = """
        import os
        from resnet_course.grading.kernels import Template
        template = Template()
        template.wait()
        print(template._process.pid, flush=True)
        os.kill(os.getpid(), 9)
        """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(source)], capture_output=True, text=True, timeout=120)
    pid = int(done.stdout)
    command = Path(f"/proc/{pid}/cmdline")
    wait_until(lambda: not command.exists() or not command.read_bytes(), "the template ends")
