"""Run code in the sandbox, without a notebook around it."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from resnet_course.grading.kernels import Kernel, KernelEnded, Template
from resnet_course.grading.sandbox import MIB, Limits, Sandbox

SMALL = Limits(memory=1024 * MIB, processes=8, file_size=4 * MIB, scratch=16 * MIB)


def say(kernel: Kernel, source: str, seconds: float = 60) -> str:
    """Run code and return what it prints, or its error."""
    outputs = kernel.run(textwrap.dedent(source), seconds)
    return "".join(each.get("text") or f"{each.get('ename')}: {each.get('evalue')}" for each in outputs).strip()


def ends(template: Template, source: str, limits: Limits = SMALL, seconds: float = 60) -> str:
    """Run code that ends its kernel and return how."""
    with Sandbox(limits) as sandbox:
        kernel = Kernel(template, sandbox)
        try:
            with pytest.raises(KernelEnded) as caught:
                kernel.run(textwrap.dedent(source), seconds)
        finally:
            kernel.end()
        pid = sandbox.pid
    assert not Path(f"/proc/{pid}").exists()
    return caught.value.key


def wait_until(holds: Callable[[], bool], what: str, seconds: float = 20) -> None:
    """Wait until something holds; where it never does, the test fails with what was waited for."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)
