"""Facts about the machine: its device, its network, its packages."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

# The network answers within this time, or the course works offline.
ONLINE_SECONDS = 0.5


def choose_device() -> torch.device:
    """Return the fastest device of this machine: an NVIDIA GPU, Apple's GPU, or the CPU.

    Examples
    --------
    >>> choose_device().type in ("cuda", "mps", "cpu")
    True
    """
    import torch

    if torch.cuda.is_available():
        return torch.device("cuda")
    return torch.device("mps" if torch.backends.mps.is_available() else "cpu")


def device_name() -> str:
    """Return the device that training would use: ``"cuda (…)"``, ``"mps"`` or ``"cpu"``.

    Examples
    --------
    >>> device_name().split()[0] in ("cuda", "mps", "cpu")
    True
    """
    import torch

    kind = choose_device().type
    return f"cuda ({torch.cuda.get_device_name()})" if kind == "cuda" else kind


def is_online() -> bool:
    """Tell whether GitHub can be reached, as Colab and the links of the course need it.

    Examples
    --------
    >>> is_online() in (True, False)
    True
    """
    reached = threading.Event()

    def reach() -> None:
        with contextlib.suppress(OSError):
            socket.create_connection(("github.com", 443), timeout=ONLINE_SECONDS).close()
            reached.set()

    # In a thread, because looking up a name without a network can take far longer than any socket's timeout.
    trial = threading.Thread(target=reach, daemon=True)
    trial.start()
    trial.join(ONLINE_SECONDS)
    return reached.is_set()


def where() -> str:
    """Return where this notebook runs.

    Returns
    -------
    {"kaggle", "colab", "binder", "codespaces", "own-computer"}

    Examples
    --------
    >>> where() in ("kaggle", "colab", "binder", "codespaces", "own-computer")
    True
    """
    if "KAGGLE_KERNEL_RUN_TYPE" in os.environ:  # before Colab, because Kaggle's image is made from Colab's
        return "kaggle"
    if "google.colab" in sys.modules:
        return "colab"
    if "BINDER_SERVICE_HOST" in os.environ or "BINDER_LAUNCH_HOST" in os.environ:
        return "binder"
    return "codespaces" if "CODESPACES" in os.environ else "own-computer"


def current_folder() -> Path | None:
    """Return the folder in which this notebook runs, or None if it is gone: somebody deleted it meanwhile.

    Examples
    --------
    >>> current_folder() == Path.cwd()
    True
    """
    try:
        return Path.cwd()
    except OSError:
        return None


def package_version(package: str) -> str:
    """Return the version of an installed package, or ``"–"`` if there is none.

    Examples
    --------
    >>> package_version("no-such-package")
    '–'
    """
    # From the metadata: importing torchvision only for its version would take seconds.
    try:
        return version(package)
    except PackageNotFoundError:
        return "–"
