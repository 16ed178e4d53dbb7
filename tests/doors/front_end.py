"""What stands between a learner and a kernel: it runs a notebook, keeps every message, and moves controls."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environments import Environment
from images import Shown, figures_in
from kernel import ANSI
from nbclient import NotebookClient
from nbclient.util import run_sync
from nbformat.notebooknode import NotebookNode

from resnet_course.authoring.build import CELL_SECONDS, WIDGET, private_kernel

CONTROLS = {
    "IntSliderModel": "value",
    "SelectionSliderModel": "index",
    "DropdownModel": "index",
    "CheckboxModel": "value",
}
BARS = ("IntProgressModel", "FloatProgressModel")
REDRAWN_SECONDS = 20.0


@dataclass
class Widget:
    """A widget as a page knows it.

    Parameters
    ----------
    state : dict
        What the kernel has said of it.
    cell : str
        The id of the cell that made it.
    closed : bool
        Whether the kernel has taken it away.
    """

    state: dict[str, Any]
    cell: str
    closed: bool = False

    @property
    def model(self) -> str:
        """Its kind, such as ``"IntSliderModel"``."""
        return str(self.state["_model_name"])


class FrontEnd(NotebookClient):
    """A page that shows one notebook: as nbclient, but it remembers widgets and what replaces what."""

    def __init__(self, notebook: NotebookNode, **settings: Any) -> None:
        super().__init__(notebook, **settings)
        self.widgets: dict[str, Widget] = {}
        self.complaints = ""  # what reaches stderr while a control is moved

    def run(self) -> None:
        """Run all cells, as a learner does who goes on after every error."""
        for index, cell in enumerate(self.nb.cells):
            self.execute_cell(cell, index)

    def process_message(self, msg: dict[str, Any], cell: NotebookNode, cell_index: int) -> NotebookNode | None:
        """Note what nbclient forgets."""
        self._note(msg, cell.id)
        return super().process_message(msg, cell, cell_index)

    def _note(self, msg: dict[str, Any], cell: str) -> None:
        kind, content = msg["msg_type"], msg["content"]
        if kind == "comm_open" and content["target_name"] == "jupyter.widget":
            self.widgets[content["comm_id"]] = Widget(dict(content["data"]["state"]), cell)
        elif kind == "comm_msg" and content["comm_id"] in self.widgets:
            self.widgets[content["comm_id"]].state.update(content["data"].get("state", {}))
        elif kind == "comm_close" and content["comm_id"] in self.widgets:
            self.widgets[content["comm_id"]].closed = True
        elif kind == "stream" and content["name"] == "stderr":
            self.complaints += content["text"]

    def controls(self, cell: str) -> dict[str, Widget]:
        """Return the controls that a cell has made, by the name under which the kernel knows them."""
        return {name: each for name, each in self.widgets.items() if each.cell == cell and each.model in CONTROLS}

    def figures(self, cell: str) -> list[Shown]:
        """Return the figures that the widgets of a cell show now."""
        return [
            figure
            for each in self.widgets.values()
            if each.cell == cell and each.model == "HTMLModel"
            for figure in figures_in(each.state["value"])
        ]

    def move(self, name: str) -> Shown | None:
        """Move a control as a page does, and return the figure that then takes another's place, or None."""
        control = self.widgets[name]
        trait = CONTROLS[control.model]
        state = {trait: _elsewhere(control)}
        data = {"method": "update", "state": state, "buffer_paths": []}
        message = self.kc.session.msg("comm_msg", {"comm_id": name, "data": data})
        self.kc.shell_channel.send(message)
        control.state.update(state)
        before = self.figures(control.cell)
        end = time.monotonic() + REDRAWN_SECONDS
        while time.monotonic() < end:
            try:
                self._note(run_sync(self.kc.get_iopub_msg)(timeout=1), control.cell)
            except Exception as error:  # the queue's own Empty; anything else is a broken kernel
                if type(error).__name__ != "Empty":
                    raise
                continue
            changed = [each for each in self.figures(control.cell) if each not in before]
            if changed:
                return changed[0]
        return None

    def bars(self) -> Iterator[tuple[Widget, bool]]:
        """Yield each progress bar, and whether it has ended: it is full, or it was taken away."""
        boxes = [each for each in self.widgets.values() if each.model == "HBoxModel"]
        for name, bar in self.widgets.items():
            if bar.model in BARS:
                around = [box for box in boxes if f"IPY_MODEL_{name}" in box.state.get("children", [])]
                full = bar.state["value"] == bar.state["max"] and bar.state["bar_style"] == "success"
                yield bar, bar.closed or full or any(box.closed for box in around)


def _elsewhere(control: Widget) -> Any:
    """Return another value for a control than it has."""
    state = control.state
    if control.model == "CheckboxModel":
        return not state["value"]
    if control.model == "IntSliderModel":
        return state["value"] + state["step"] if state["value"] < state["max"] else state["min"]
    return (state["index"] + 1) % len(state["_options_labels"])


@contextmanager
def opened(environment: Environment, notebook: NotebookNode, folder: Path) -> Iterator[FrontEnd]:
    """Open a notebook's code cells alone in a folder, with a kernel of the environment."""
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for cell in notebook.cells:
        cell.outputs = []
    spec = folder / "jupyter" / "kernels" / "door"
    spec.mkdir(parents=True)
    argv = [str(environment.python), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (spec / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": "door", "language": "python"}))
    here = folder / "here"
    here.mkdir()
    with private_kernel() as config:
        front_end = FrontEnd(
            notebook,
            config=config,
            kernel_name="door",
            allow_errors=True,
            timeout=CELL_SECONDS,
            coalesce_streams=True,
            resources={"metadata": {"path": str(here)}},
        )
        front_end.create_kernel_manager()
        assert front_end.km is not None
        front_end.km.kernel_spec_manager.kernel_dirs.insert(0, str(spec.parent))
        variables = {"OMP_NUM_THREADS": "1", "IPYTHONDIR": str(folder / "ipython")}
        with front_end.setup_kernel(env=environment.variables | variables):
            yield front_end


def kinds(outputs: list[NotebookNode]) -> list[str]:
    """Return what a learner sees below a cell, one word or list of types for each output that is no widget."""
    seen = []
    for output in outputs:
        if output.output_type == "stream":
            seen.append(output.name)
        elif output.output_type == "error":
            seen.append(f"error {output.ename}")
        elif WIDGET not in output.data:
            seen.append(" ".join(sorted(output.data)))
    return seen


def text(output: NotebookNode) -> str:
    """Return an output's text as a learner reads it."""
    if output.output_type == "stream":
        return str(output.text)
    if output.output_type == "error":
        return ANSI.sub("", "\n".join(output.traceback))
    return str(output.data.get("text/plain", ""))


def plain(words: str) -> str:
    """Return a text without what only its layout brings: line breaks and repeated spaces."""
    return re.sub(r"\s+", " ", words)
