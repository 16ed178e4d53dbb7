"""What keeps bubblewrap from making namespaces on this machine, as far as it can be seen, and what to do about it."""

from __future__ import annotations

import platform
from pathlib import Path

from resnet_course.language import find

ROOT = Path("/")
# Where each of these does not hold what it holds on a machine that lets everybody make namespaces, it is the reason.
SETTINGS = {
    "proc/sys/kernel/apparmor_restrict_unprivileged_userns": ("0", "apparmor"),  # Ubuntu 23.10 and newer
    "proc/sys/kernel/unprivileged_userns_clone": ("1", "sysctl"),  # Debian 10 and older, hardened kernels
}
MARKS = (".dockerenv", "run/.containerenv")  # of Docker and of Podman


def cure(root: Path = ROOT) -> str:
    """Return what to do where bubblewrap refuses to work, as a sentence."""
    sentence: str = find(f"grading.sandbox.cures.{obstacle(root)}")
    return sentence


def obstacle(root: Path = ROOT) -> str:
    """Return what stands in bubblewrap's way: a key of the messages ``grading.sandbox.cures``."""
    if any((root / mark).exists() for mark in MARKS):
        return "container"  # its host may have the other obstacles too, and the cure names them
    if platform.release().endswith("-Microsoft"):
        return "wsl"  # its first version has no namespaces; the second calls itself microsoft-standard-WSL2
    for name, (free, key) in SETTINGS.items():
        path = root / name
        if path.exists() and path.read_text().strip() != free:
            return key
    most = root / "proc/sys/user/max_user_namespaces"
    return "sysctl" if most.exists() and most.read_text().strip() == "0" else "unknown"
