"""The system calls that learners' code has no use for: most holes in Linux were behind some of these.

The filter is made by libseccomp. Where that, or its Python binding, is missing, `make_filter` returns None and
`lacking` says so: the sandbox's namespaces and limits hold all the same.
"""

from __future__ import annotations

import contextlib
import errno
import sys
from functools import cache
from typing import Any

from resnet_course.language import message

# They answer as in a system that was built without them, so that libraries take their other way.
REFUSED = (
    # keys of the session and of the user
    *("add_key", "keyctl", "request_key"),
    # other processes' memory
    *("ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "kcmp", "pidfd_getfd"),
    # memory that no file system and no process accounts for
    *("memfd_create", "memfd_secret", "shmget", "shmat", "shmdt", "shmctl", "msgget", "msgsnd", "msgrcv", "msgctl"),
    *("semget", "semop", "semtimedop", "semctl", "mq_open", "io_setup"),
    # large parts of the kernel's own code
    *("bpf", "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register"),
    *("fanotify_init", "lookup_dcookie", "modify_ldt", "remap_file_pages", "vmsplice", "kexec_load", "kexec_file_load"),
    *("init_module", "finit_module", "delete_module", "acct", "quotactl", "quotactl_fd", "swapon", "swapoff", "reboot"),
    *("syslog", "iopl", "ioperm", "vhangup", "nfsservctl", "uselib", "ustat", "sysfs", "vm86", "vm86old"),
    # other namespaces and other file systems
    *("unshare", "setns", "clone3", "mount", "umount", "umount2", "pivot_root", "chroot", "mount_setattr", "open_tree"),
    *("move_mount", "fsopen", "fsconfig", "fsmount", "fspick", "name_to_handle_at", "open_by_handle_at"),
)
CLONE_NAMESPACES = 0x7E020000  # the flags of clone(2) that make namespaces: mount, cgroup, uts, ipc, user, pid, net
CLONE_PARENT = 0x00008000  # a child that is not below the kernel
PR_SET_DUMPABLE, PR_SET_MM = 4, 35  # hide a process's memory from those who count it
FAMILIES = {"AF_UNIX": 1, "AF_INET": 2, "AF_INET6": 10, "AF_NETLINK": 16}  # of sockets; all others are refused
MOST_FAMILIES = 64


@cache
def _make() -> tuple[Any, str]:
    """Return the filter, or None and why there is none."""
    if sys.platform != "linux":
        return None, sys.platform
    try:
        import pyseccomp
    except (ImportError, OSError, RuntimeError) as error:
        return None, str(error)
    made = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    with contextlib.suppress(OSError, ValueError):  # before Linux 5.16 a filter would slow its process down
        made.set_attr(pyseccomp.Attr.CTL_SSB, 1)
    for name in REFUSED:
        with contextlib.suppress(OSError, ValueError):  # no machine has all of them
            made.add_rule(pyseccomp.ERRNO(errno.ENOSYS), name)
    refused = pyseccomp.ERRNO(errno.EPERM)
    for flag in (1 << bit for bit in range(32) if (CLONE_NAMESPACES | CLONE_PARENT) >> bit & 1):
        made.add_rule(refused, "clone", pyseccomp.Arg(0, pyseccomp.MASKED_EQ, flag, flag))
    for option in (PR_SET_DUMPABLE, PR_SET_MM):
        made.add_rule(refused, "prctl", pyseccomp.Arg(0, pyseccomp.EQ, option))
    unknown = pyseccomp.ERRNO(errno.EAFNOSUPPORT)
    for family in range(MOST_FAMILIES):
        if family not in FAMILIES.values():
            made.add_rule(unknown, "socket", pyseccomp.Arg(0, pyseccomp.EQ, family))
    made.add_rule(unknown, "socket", pyseccomp.Arg(0, pyseccomp.GE, MOST_FAMILIES))
    return made, ""


def make_filter() -> Any:
    """Return the filter, a pyseccomp.SyscallFilter, or None; it is made once in a process."""
    return _make()[0]


def lacking() -> str:
    """Return a sentence that says what the sandbox lacks, or an empty string."""
    made, why = _make()
    return "" if made is not None else message("grading.sandbox.unfiltered", reason=why)
