"""What the start page says about the learner's machine: what there is, whether it is enough, and what to do if not."""

from __future__ import annotations

import html
import importlib
import os
import platform
import re
from importlib.metadata import metadata, requires
from pathlib import Path
from typing import NamedTuple

import torch  # noqa: F401 - now, because MKL ends a process that loads it where the current folder is gone

from resnet_course.language import message, number
from resnet_course.machine import current_folder, device_name, is_online, package_version, where

MARKS = {"good": "✓", "note": "•", "problem": "✗"}
ENOUGH_MEMORY = 2.0  # GiB, what a solved lesson needs at most
IN_THEIR_OWN_ROW = ("torch", "torchvision")
PLACES = {"kaggle": "Kaggle", "colab": "Google Colab", "binder": "Binder", "codespaces": "GitHub Codespaces"}


class MachineFact(NamedTuple):
    """One line about the machine.

    Parameters
    ----------
    kind : str
        ``"good"``, ``"note"`` (it works; there is something to know) or ``"problem"``.
    what : str
        What was found.
    advice : str
        What it means, or what to do.

    Examples
    --------
    >>> MachineFact("good", "Python 3.12.1", "new enough").kind
    'good'
    """

    kind: str
    what: str
    advice: str


class MachineReport(list[MachineFact]):
    """The findings about a machine; Jupyter shows them as a table, a plain Python prints them line by line.

    Examples
    --------
    >>> MachineReport([MachineFact("good", "Python 3.12.1", "new enough")])
    ✓ Python 3.12.1: new enough
    """

    def __repr__(self) -> str:
        return "\n".join(f"{MARKS[each.kind]} {each.what}: {each.advice}" for each in self)

    def _repr_html_(self) -> str:
        cell = '<td style="text-align:left;vertical-align:top;padding:.25em .6em;white-space:normal'
        advices = [re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(each.advice)) for each in self]
        rows = [
            f'<tr>{cell}"><b>{MARKS[each.kind]}</b></td>'
            f'{cell}"><b>{html.escape(each.what)}</b></td>'
            f'{cell}">{advice}</td></tr>'
            for each, advice in zip(self, advices, strict=True)
        ]
        return f'<table style="max-width:46em"><tbody>{"".join(rows)}</tbody></table>'


def check_machine() -> MachineReport:
    """Return what this machine has and whether it is enough for the course.

    Examples
    --------
    >>> check_machine()  # doctest: +ELLIPSIS
    ✓ Python ...
    """
    return MachineReport(
        [_python(), *_torch_and_torchvision(), _packages(), _device(), _memory(), _network(), _place(), _language()]
    )


def _say(kind: str, what: str, advice: str, **figures: object) -> MachineFact:
    return MachineFact(kind, what, message(f"00_start_here.machine.{advice}", **figures))


def _python() -> MachineFact:
    have, least = platform.python_version(), metadata("resnet-course")["Requires-Python"].removeprefix(">=")
    enough = _numbers(have) >= _numbers(least)
    return _say("good" if enough else "problem", f"Python {have}", "python" if enough else "old-python", least=least)


def _requirements() -> dict[str, str]:
    """Return the packages that the learner's part needs, each with its lowest version."""
    found = [re.fullmatch(r"([\w.-]+)>=([\d.]+)", each.replace(" ", "")) for each in requires("resnet-course") or []]
    return {each[1]: each[2] for each in found if each}


def _numbers(version: str) -> tuple[int, ...]:
    # 2.9.0+cu126 and 2.11.0a0 count as 2.9.0 and 2.11.0: what comes after the numbers changes nothing for us.
    return tuple(int(each) for each in re.findall(r"\d+", version.split("+")[0])[:3])


def _is_missing(package: str) -> bool:
    return package_version(package) == "–"


def _is_old(package: str, least: str) -> bool:
    return not _is_missing(package) and _numbers(package_version(package)) < _numbers(least)


def _torch_and_torchvision() -> list[MachineFact]:
    least = _requirements()
    found = []
    for package in IN_THEIR_OWN_ROW:
        have = f"{package} {package_version(package)}"
        if _is_missing(package):
            found.append(_say("problem", have, "missing", packages=package))
        elif _is_old(package, least[package]):
            found.append(_say("problem", have, "old-torch", least=least[package]))
        else:
            found.append(_say("good", have, "torch", least=least[package]))
    if found[1].kind == "good":
        try:
            importlib.import_module("torchvision")
        except Exception as error:
            text = f"{type(error).__name__}: {error}".splitlines()[0]
            if current_folder() is None and isinstance(error, OSError):
                found[1] = _say("note", found[1].what, "untried")  # PyTorch asks for the folder while it is imported
            else:
                advice = "mismatch" if _means_mismatch(error) else "not-loaded"
                found[1] = _say("problem", found[1].what, advice, error=text)
    return found


def _means_mismatch(error: Exception) -> bool:
    """Tell whether an error is one of those with which a torchvision fails that was compiled for another torch.

    Those are an unknown operator, a name that torch does not have, a library that cannot be loaded. What the operating
    system says of a file bears a number, and a package that is missing has a name.
    """
    if isinstance(error, OSError):
        return error.errno is None
    return isinstance(error, RuntimeError | ImportError | AttributeError) and not isinstance(error, ModuleNotFoundError)


def _packages() -> MachineFact:
    others = {name: least for name, least in _requirements().items() if name not in IN_THEIR_OWN_ROW}
    missing = [name for name in others if _is_missing(name)]
    old = [name for name, least in others.items() if _is_old(name, least)]
    what = message("00_start_here.machine.others", count=len(others))
    if missing:
        return _say("problem", what, "missing", packages=" ".join(missing))
    if old:
        return _say("problem", what, "old", packages=" ".join(old))
    return _say("good", what, "packages")


def _device() -> MachineFact:
    device = device_name()
    return _say("good", device, "cpu" if device == "cpu" else "gpu")


def _memory() -> MachineFact:
    cores, gib = _cores(), _gib()
    if gib is None:
        return _say("good", message("00_start_here.machine.cores", cores=cores), "unknown-memory")
    memory = number(gib, ".0f" if gib > 4 else ".1f")
    what = message("00_start_here.machine.cores-and-memory", cores=cores, memory=memory)
    return _say("good", what, "memory") if gib >= ENOUGH_MEMORY else _say("note", what, "little-memory")


def _cores() -> int:
    # In a container the process may use fewer than the machine has.
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _gib() -> float | None:
    """Return the memory in GiB that a notebook may use, or None where the system does not tell."""
    try:
        found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    limit = Path("/sys/fs/cgroup/memory.max")  # a container's own limit, as on Binder
    text = limit.read_text().strip() if limit.is_file() else ""
    return min(found, int(text) if text.isdigit() else found) / 2**30


def _network() -> MachineFact:
    if is_online():
        return _say("good", message("common.setup.online"), "online")
    return _say("note", message("00_start_here.machine.offline-name"), "offline")


def _place() -> MachineFact:
    if current_folder() is None:
        return MachineFact("problem", message("00_start_here.machine.here"), message("common.folder-gone"))
    place = where()
    if place == "own-computer":
        return _say("good", message("00_start_here.machine.here"), place)
    return _say("note", PLACES[place], place)


def _language() -> MachineFact:
    return _say("good", message("00_start_here.machine.language"), "other-language")
