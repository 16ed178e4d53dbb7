"""What a learner's code runs in: IPython's own shell, in a process that forked with it, spoken to over one connection.

A line of JSON is a message: ``{"run": source}`` comes, a cell's outputs and then ``{"done": true}`` go (`Told`).
Learners' code shares the process and may write to the connection too: nobody who reads it may believe it.
"""

from __future__ import annotations

import base64
import builtins
import io
import json
import os
import socket
import sys
from typing import Any, NoReturn

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.error import StdinNotImplementedError
from IPython.core.interactiveshell import InteractiveShell
from traitlets import Type
from traitlets.config import Config

from resnet_course.grading.kernels import SHOWN_TYPES, Told

OUTPUTS = 1000  # times the output that is kept; who prints more than that prints without end
ERROR_LINES, LEAST_ERROR = 50, 2**14  # of an error: the last lines, and how many characters of it are kept at least


def tell(connection: socket.socket, told: Told) -> None:
    """Send a line to the grader."""
    connection.sendall(json.dumps(told, ensure_ascii=False, default=str).encode(errors="replace") + b"\n")


class _Outputs:
    """The outputs of the cell that runs, sent as they come; the pieces of a stream are joined first."""

    def __init__(self, connection: socket.socket, most: int) -> None:
        self._connection, self._most = connection, most
        self.begin()

    def begin(self) -> None:
        self._size, self._failed, self._cut = 0, False, False
        self._stream, self._pieces = "", list[str]()

    def write(self, stream: str, text: str) -> None:
        if stream != self._stream:
            self.flush()
            self._stream = stream
        if self._fits(len(text)):
            self._pieces.append(text)

    def add(self, output: dict[str, Any]) -> None:
        self.flush()
        size = sum(len(str(part)) for part in (output.get("data") or {}).values())
        first_error = output["output_type"] == "error" and not self._failed
        self._failed = self._failed or first_error
        if self._fits(size) or first_error:
            tell(self._connection, {"output": output})

    def flush(self) -> None:
        text, self._pieces = "".join(self._pieces), []
        if text:
            tell(self._connection, {"output": {"output_type": "stream", "name": self._stream, "text": text}})

    def _fits(self, size: int) -> bool:
        self._size += size
        if self._size > OUTPUTS * self._most:
            tell(self._connection, {"ended": "output"})
            os._exit(0)
        if self._size > self._most and not self._cut:
            self._cut = True
            self.flush()
            tell(self._connection, {"cut": True})
        return self._size <= self._most

    def error(self, name: str, value: str, traceback: list[str]) -> None:
        left, lines = max(self._most, LEAST_ERROR), list[str]()
        for line in reversed(traceback[-ERROR_LINES:]):
            left -= len(line)
            if left < 0:
                break
            lines.insert(0, line)
        short = {"ename": name[:LEAST_ERROR], "evalue": value[:LEAST_ERROR], "traceback": lines}
        self.add({"output_type": "error", **short})


class _Stream(io.TextIOBase):
    """Standard output, or standard error, of a cell."""

    encoding = "UTF-8"

    def __init__(self, outputs: _Outputs, name: str) -> None:
        self._outputs, self._name = outputs, name

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        self._outputs.write(self._name, text)
        return len(text)


class _Publisher(DisplayPublisher):  # type: ignore[misc]  # IPython has no types for us
    def publish(self, data: dict[str, Any], *_: Any, **__: Any) -> None:
        self.parent.outputs.add({"output_type": "display_data", "data": _shown(data), "metadata": {}})

    def clear_output(self, wait: bool = False) -> None:
        """Keep what there is: feedback shows all of it."""


class _Hook(DisplayHook):  # type: ignore[misc]
    def write_output_prompt(self) -> None:
        """Write no prompt: a page shows the output in its own way."""

    def write_format_data(self, format_dict: dict[str, Any], md_dict: Any = None) -> None:
        self.shell.outputs.add({"output_type": "display_data", "data": _shown(format_dict), "metadata": {}})


def _shown(data: dict[str, Any]) -> dict[str, str]:
    found = {kind: data[kind] for kind in SHOWN_TYPES if kind in data}
    return {
        kind: base64.b64encode(value).decode() if isinstance(value, bytes) else str(value)
        for kind, value in found.items()
    }


class CellShell(InteractiveShell):  # type: ignore[misc]
    """IPython's shell, whose outputs go to the grader."""

    displayhook_class = Type(_Hook)
    display_pub_class = Type(_Publisher)
    outputs: _Outputs

    def _showtraceback(self, etype: type, evalue: BaseException, stb: list[str]) -> None:
        try:
            value = str(evalue)
        except Exception:
            value = "<?>"
        self.outputs.error(str(etype.__name__), value, list(stb))

    def ask_exit(self) -> NoReturn:
        """Leave at once: a moment later it would be in the middle of another exercise, which would be blamed."""
        os._exit(0)


def make() -> CellShell:
    """Return the shell of this process, before anybody's code runs in it: forks have it then."""
    settings = Config()
    settings.HistoryManager.enabled = False  # it would write a file, from a thread
    shell: CellShell = CellShell.instance(config=settings)
    return shell


def serve(connection: socket.socket, most: int) -> NoReturn:
    """Run the cells that come, one after the other, until there is nobody who sends them.

    Parameters
    ----------
    connection : socket.socket
        To the grader.
    most : int
        How many characters of output are kept for each cell.
    """
    shell = make()
    shell.outputs = _Outputs(connection, most)
    sys.stdout, sys.stderr = _Stream(shell.outputs, "stdout"), _Stream(shell.outputs, "stderr")
    builtins.input = _no_input
    requests = connection.makefile("rb")
    tell(connection, {"ready": True})
    for line in requests:
        shell.outputs.begin()
        shell.run_cell(json.loads(line)["run"], store_history=False)
        shell.outputs.flush()
        tell(connection, {"done": True})
    os._exit(0)


def _no_input(prompt: object = "") -> str:
    raise StdinNotImplementedError("input was called, but nobody is here to answer.")
