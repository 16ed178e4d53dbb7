"""Attacks on the grader itself, kind by kind: each costs the one who tries it, and nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import Any

import psutil
import pytest
from inside import SMALL, ends, say

from resnet_course import checks
from resnet_course.grading import grade as grading
from resnet_course.grading import syscalls
from resnet_course.grading.kernels import Kernel, KernelEnded, Template
from resnet_course.grading.sandbox import MIB, Limits, Sandbox, held, memory_limit

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("sandbox")]

# --- nothing hangs the grader ------------------------------------------------------------------------------------

SOCKETS = """
    import os, socket, threading, time
    kernel = get_ipython().kernel
    def connections():
        for name in os.listdir("/proc/self/fd"):
            try:
                if os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                    yield int(name)
            except OSError:
                pass
    """
# Each runs in a cell of its own; what follows in the same kernel must come to an end by itself.
JUNK = {
    "junk-on-every-connection": """
        for each in connections():
            try:
                os.set_blocking(each, False)
                os.write(each, bytes([255]) * 999)
            except OSError:
                pass
        """,
    "connections-closed": "for each in connections(): os.close(each)",
    "shell-closed": "kernel.shell_stream.socket.close(linger=0)",
    "a-reply-that-is-none": "kernel.shell_stream.socket.send_multipart([*kernel._parent_ident['shell'], b'no', b'reply'])",
    "another-listens": """
        for name in os.listdir("/observed"):
            if name.endswith(("-1", "-2")):
                os.remove(f"/observed/{name}")
                made = socket.socket(socket.AF_UNIX)
                made.bind(f"/observed/{name}")
                made.listen()
        for each in connections():
            if each != made.fileno():
                os.close(each)
        """,
    "stopped": "os.kill(os.getpid(), 19)",
    "idle-before-it-is": """
        idle = {"execution_state": "idle"}
        kernel.session.send(kernel.iopub_socket, "status", idle, parent=kernel.get_parent("shell"))
        time.sleep(60)
        """,
}


@pytest.mark.parametrize("name", JUNK)
def test_a_kernel_whose_sockets_are_misused_ends_and_the_grader_goes_on(template: Template, name: str) -> None:
    """zmq drops a peer that speaks nonsense, and waits for ever to send to it: that once stopped the whole batch."""
    with Sandbox(SMALL) as sandbox:
        kernel = Kernel(template, sandbox)
        kernel.run(textwrap.dedent(SOCKETS), 30)
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


# --- the grader's memory -----------------------------------------------------------------------------------------

FLOODS = {
    "a-message-without-end": """
        shell, part = kernel.shell_stream.socket, bytes(2**20)
        shell.send(kernel.shell_stream.socket.getsockopt(5) or b"", 2)
        while True:
            shell.send(part, 2)
        """,
    "output-without-end": """
        import zmq
        publish = kernel.iopub_thread.socket
        while True:
            publish.send(bytes(2**20), zmq.SNDMORE)
        """,
    "replies-without-end": """
        parent, identity = kernel.get_parent("shell"), kernel._parent_ident["shell"]
        while True:
            kernel.session.send(kernel.shell_stream, "execute_reply", {"x": "x" * 2**20}, parent={}, ident=identity)
            kernel.shell_stream.flush()
        """,
    "errors-without-end": """
        error = {"ename": "E", "evalue": "x" * 10_000, "traceback": ["x" * 10_000] * 50}
        while True:
            kernel.session.send(kernel.iopub_socket, "error", error, parent=kernel.get_parent("shell"))
        """,
    "deep-nesting": """
        shell = {"data": {"text/plain": "x"}, "metadata": {}}
        kernel.session.pack = lambda content: b"[" * 100_000 + b"]" * 100_000
        kernel.session.send(kernel.iopub_socket, "display_data", shell, parent=kernel.get_parent("shell"))
        time.sleep(60)
        """,
}


@pytest.mark.parametrize("name", FLOODS)
def test_what_a_kernel_sends_does_not_fill_the_graders_memory(template: Template, name: str) -> None:
    with Sandbox(SMALL) as sandbox:
        kernel = Kernel(template, sandbox)
        kernel.run(textwrap.dedent(SOCKETS), 30)
        before = psutil.Process().memory_info().rss
        with pytest.raises(KernelEnded):
            kernel.run(textwrap.dedent(FLOODS[name]), 4)
        assert psutil.Process().memory_info().rss - before < 64 * MIB


def test_a_relay_may_hold_only_so_much(tmp_path: Path) -> None:
    """Judging, too, has a budget: beyond it Python says MemoryError, and the machine stays as it is."""
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


@pytest.mark.skipif(
    bool(syscalls.lacking()), reason=f"the filter of system calls does not work here: {syscalls.lacking()}"
)
def test_system_calls_that_no_exercise_needs_are_refused(template: Template) -> None:
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
        from resnet_course.grading.template import KEYCTL, KEYCTL_ELSEWHERE, own_keyring
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
