"""For the run of nbval over the solved notebooks: kernels that cannot take each other's ports (nbval has no option)."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

import nbval.kernel
import pytest
from jupyter_client.manager import KernelManager

from resnet_course.authoring.build import private_kernel

_folders = ExitStack()


def _kernel_manager(**settings: Any) -> KernelManager:
    return KernelManager(config=_folders.enter_context(private_kernel()), **settings)


nbval.kernel.KernelManager = _kernel_manager


def pytest_unconfigure(config: pytest.Config) -> None:
    _folders.close()
