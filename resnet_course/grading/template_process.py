"""The process from which kernels fork: it has imported everything once, and never runs anybody's code itself.

``python -m resnet_course.grading.template_process SOCKET`` listens on a Unix socket. Each connection brings a lesson's
id, or none, and then an order, for which it forks:

- `KernelOrder`: the child enters the sandbox that it names and gives up every right; its own child becomes the kernel
  (`shell.py`), which has the connection. The connection ends when that kernel is gone.
- `WorkerOrder`: the child calls functions of the course's, one after the other, as long as it is asked to.

The template ends when its standard input closes, so with its owner.

It must stay single-threaded: a fork copies no threads, and only a single-threaded process may enter a user namespace.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import gc
import os
import platform
import queue
import resource
import select
import shutil
import signal
import socket
import sys
import threading
import time
from functools import cache
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn

import nbformat
import torch

from resnet_course import blocks, checks
from resnet_course.grading import GradingError, shell, syscalls
from resnet_course.grading.kernels import KernelOrder, WorkerOrder
from resnet_course.grading.sandbox import PACKAGE, held

# What /usr/include/linux/sched.h and prctl.h call them.
NAMESPACES = {
    "user": 0x10000000,
    "pid": 0x20000000,
    "net": 0x40000000,
    "ipc": 0x08000000,
    "uts": 0x04000000,
    "mnt": 0x00020000,  # last: until then the system's own /proc can be written to
}
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS, LAST_CAPABILITY = 24, 38, 63
PR_SET_PDEATHSIG = 1
CAPABILITY_VERSION_3 = 0x20080522
KEYCTL, KEYCTL_ELSEWHERE, KEYCTL_JOIN_SESSION_KEYRING = {"x86_64": 250}, 219, 1


# What lessons import, most of it slowly, besides their checks.
PRELOADED = (
    "resnet_course.compare",
    "resnet_course.experiments",
    "resnet_course.explorers",
    "resnet_course.plots",
    "resnet_course.predictions",
    "resnet_course.grading.inside",
    "resnet_course.grading.working",
)
MOST_NAME = 200  # bytes of a lesson's id
# What the graded cells of these lessons import besides, and what they call: optimizers and Jacobians load _dynamo.
IMPORTED_BY = {
    "01_vanishing_gradient": ("torchvision", "resnet_course.tables"),
    "02_residual_gradient": ("torch._dynamo",),
    "05_full_resnet": ("torchvision",),
    "06_transfer_learning": ("torchvision", "torch._dynamo"),
    "07_width_and_cardinality": ("torchvision",),
}


def preload() -> None:
    """Import what notebooks use, so that a forked kernel has it already."""
    gc.disable()  # a quarter faster: what is imported stays
    shell.make()
    for name in PRELOADED:
        import_module(name)
    # For the small nets of checks oneDNN takes longer to prepare each shape than it saves: a quarter of all the time.
    torch.backends.mkldnn.set_flags(False)
    syscalls.make_filter()
    # What takes longer the first time: a schema is compiled, a cell is run.
    nbformat.reads(nbformat.writes(nbformat.v4.new_notebook()), as_version=4)
    shell.make().run_cell("1;", store_history=False)
    # A forked kernel's garbage collector would touch, and so copy, every object there is.
    gc.freeze()
    gc.enable()


@cache
def prepare(lesson: str) -> None:
    """Import what the checks and the graded cells of a lesson use, before the first kernel for it forks."""
    if lesson:
        checks.of_lesson(lesson)
    for name in IMPORTED_BY.get(lesson, ()):
        import_module(name)
    gc.freeze()


@cache
def warm_up() -> None:
    """Do what takes longer the first time, so that no fork has to; after the first kernel, for which nobody waits."""
    check = checks.basic_block
    seen, _ = check.watch((blocks.BasicBlock,), check.inputs(0))
    check.conclude(seen, check.inputs(0))
    for thread in threading.enumerate():
        if thread is not threading.main_thread():
            thread.join()  # that of the time limit: a fork copies no threads
    gc.freeze()


def serve(address: str) -> None:
    """Listen until the owner is gone."""
    own_keyring()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen(64)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # children are not waited for: their connection tells
    print("ready", PACKAGE, flush=True)
    while True:
        readable, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in readable:
            return
        channel = Connection(listener.accept()[0].detach())
        # Of the order only the lesson is read here: kernels inherit this memory, and workers' orders hold secrets.
        lesson = channel.recv_bytes(MOST_NAME).decode()
        prepare(lesson)
        if os.fork() == 0:
            listener.close()
            _answer(channel)
        channel.close()
        if lesson:
            warm_up()


def _answer(channel: Connection) -> NoReturn:
    """Do in this fork what is ordered."""
    try:
        order: KernelOrder | WorkerOrder = channel.recv()
        os.setsid()  # Ctrl-C is for the grader, who then closes the connection
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1):
            os.dup2(null, descriptor)
        if "sandbox" in order:
            os.dup2(null, 2)
            _keep_kernel(order, socket.socket(fileno=os.dup(channel.fileno())))
        else:
            _work(order, channel)
    finally:
        os._exit(0)


def _work(order: WorkerOrder, channel: Connection) -> None:
    """Call what we are asked to, until there is nobody any more who asks."""
    die_with_parent()
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.environ.update(order["environment"])
    channel.send(os.getpid())
    while True:
        try:
            function, arguments = channel.recv()
        except EOFError:
            return
        _limit(order)
        module, _, name = function.partition(":")
        returned: object = None
        raised: Exception | None = None
        try:
            returned = getattr(import_module(module), name)(*arguments)
        except GradingError as error:
            raised = error
        except MemoryError:
            return
        except Exception as error:
            raised = RuntimeError(f"{type(error).__name__}: {error}")
        channel.send((returned, raised))


def _limit(order: WorkerOrder) -> None:
    """Set the limits of the next call."""
    limits = {}
    if order["seconds"]:
        limits["CPU"] = int(time.process_time()) + 1 + order["seconds"]
    if order["memory"]:
        limits["DATA"] = held() + order["memory"]
    for name, most in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        with contextlib.suppress(OSError, ValueError):  # macOS does not know all of them
            resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))


def _keep_kernel(order: KernelOrder, connection: socket.socket) -> None:
    """Fork a kernel, which has the connection, and stay until it is gone, or nobody is at the other end any more."""
    try:
        own_keyring()
        signal.signal(signal.SIGCHLD, lambda *_: None)
        ended, wake = socket.socketpair()
        wake.setblocking(False)
        signal.set_wakeup_fd(wake.fileno())
        if order["sandbox"] is None:
            kernel = _fork(order, connection)
        else:
            kernel = _fork_from_thread(order, connection, enter(order["sandbox"]))
            drop_capabilities()
        waiting = select.poll()
        waiting.register(ended, select.POLLIN)
        waiting.register(connection, 0)  # of its end we are told all the same
        waiting.poll()
        _kill(kernel)
    except BaseException as error:
        _tell_why(connection, error)
    finally:
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RDWR)  # also for those that the kernel has forked
        if order["sandbox"] is None:
            shutil.rmtree(order["folder"], ignore_errors=True)  # also when the grader was killed


def _tell_why(connection: socket.socket, error: BaseException) -> None:
    with contextlib.suppress(OSError):
        shell.tell(connection, {"ended": "died", "why": f"{type(error).__name__}: {error}"})


def _kill(kernel: int) -> None:
    """End a kernel and the processes of its group."""
    for way in (os.killpg, os.kill):
        with contextlib.suppress(OSError):
            way(kernel, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(kernel, 0)  # until somebody has, the sandbox does not end


def _fork(order: KernelOrder, connection: socket.socket) -> int:
    kernel = os.fork()
    if kernel == 0:
        _become_kernel(order, connection)
    return kernel


def _fork_from_thread(order: KernelOrder, connection: socket.socket, processes: int) -> int:
    """Fork the kernel into a PID namespace and return its process id.

    Who enters a PID namespace is in it only by its children, and can start no threads any more. But it is a matter of
    each thread. This one stays: a kernel ends with the thread that it was forked from.
    """
    forked: queue.SimpleQueue[int | BaseException] = queue.SimpleQueue()

    def fork() -> None:
        try:
            _set_namespace(processes, "pid")
            drop_rights(order["user"])
            forked.put(_fork(order, connection))
        except BaseException as error:
            forked.put(error)
        threading.Event().wait()

    threading.Thread(target=fork, daemon=True).start()
    kernel = forked.get()
    if isinstance(kernel, BaseException):
        raise kernel
    return kernel


def own_keyring() -> None:
    """Leave the session's keyring, in which the teacher's keys are, for a new and empty one.

    Raises
    ------
    OSError
        If there can be none, and no filter keeps learners' code from the keys.
    """
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None, use_errno=True)
    number = KEYCTL.get(platform.machine(), KEYCTL_ELSEWHERE)
    failed = libc.syscall(number, KEYCTL_JOIN_SESSION_KEYRING, None) < 0
    # A container that forbids such calls forbids them inside the sandbox too.
    if failed and ctypes.get_errno() not in (errno.ENOSYS, errno.EPERM) and syscalls.make_filter() is None:
        raise OSError(ctypes.get_errno(), "cannot get a session keyring of its own")


def die_with_parent() -> None:
    """Let this process be killed when its parent ends, however that happens."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def enter(pid: int) -> int:
    """Enter every namespace of a sandbox but that of its processes, given a process in it; return a handle of that."""
    handles = {name: os.open(f"/proc/{pid}/ns/{name}", os.O_RDONLY) for name in NAMESPACES}
    processes = handles.pop("pid")
    for name, handle in handles.items():
        if name == "mnt":
            # A user namespace inside this one would bring rights back, and files in memory that nobody counts.
            Path("/proc/sys/user/max_user_namespaces").write_text("0")
            for kind in ("shmmni", "msgmni"):  # memory that belongs to no process
                with contextlib.suppress(OSError):  # older systems leave them to root
                    Path("/proc/sys/kernel", kind).write_text("0")
        _set_namespace(handle, name)
        os.close(handle)
    return processes


def _set_namespace(handle: int, name: str) -> None:
    if ctypes.CDLL(None, use_errno=True).setns(handle, NAMESPACES[name]) != 0:
        raise OSError(ctypes.get_errno(), f"cannot enter the sandbox's {name} namespace")


def drop_rights(user: int | None) -> None:
    """Become another user, if one is given, and give up every capability for good."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(LAST_CAPABILITY + 1):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)  # those that the system does not know are refused
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
    drop_capabilities()


def drop_capabilities() -> None:
    """Give up this thread's capabilities, and let no program that it runs have any."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0)
    if libc.capset(header, (ctypes.c_uint32 * 6)()) != 0 or libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "cannot give up capabilities")


def _become_kernel(order: KernelOrder, connection: socket.socket) -> NoReturn:
    try:
        os.setsid()
        die_with_parent()
        most_files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        os.closerange(3, connection.fileno())
        os.closerange(connection.fileno() + 1, most_files)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.chdir(order["folder"])
        for name, most in order["limits"].items():
            kind = getattr(resource, f"RLIMIT_{name}")
            allowed = resource.getrlimit(kind)[1]
            least = most if allowed == resource.RLIM_INFINITY else min(most, allowed)
            resource.setrlimit(kind, (least, least))
        filtering = syscalls.make_filter()
        if order["sandbox"] is not None and filtering is not None:
            filtering.load()
        _reseed()
        shell.serve(connection, order["output"])
    except Exception as error:
        _tell_why(connection, error)
    finally:
        os._exit(1)


def _reseed() -> None:
    # Two forks would otherwise draw the same "random" numbers.
    import random

    import numpy
    import torch

    random.seed()
    numpy.random.seed()
    torch.default_generator.seed()


if __name__ == "__main__":
    import resnet_course.grading.template_process as template_process

    template_process.preload()
    template_process.serve(sys.argv[1])
    shutil.rmtree(Path(sys.argv[1]).parent, ignore_errors=True)  # a grader that was killed has not
    os._exit(0)  # nothing to tidy up, and libraries complain at a regular end
