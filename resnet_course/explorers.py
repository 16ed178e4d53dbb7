"""Explorers: a figure with controls under it that redraw it.

An explorer is a plain function that draws, and the values that each of its settings may take. The defaults of the
function are the presets: the figure that a reader sees without touching anything, also where no notebook runs.
"""

from __future__ import annotations

import asyncio
import html
import inspect
import re
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from resnet_course.drawing import COLORS, Picture
from resnet_course.language import find, message, number

Draw = Callable[..., Picture]
SETTLED = 0.05  # seconds without a new setting, after which it is drawn: held arrow keys send bursts

HIDDEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)"
# The still figure makes room as long as the controls below it live; the style that hides it is theirs. A page that has
# lost its kernel shows "Error displaying widget" in their place, which the still figure hides in turn.
STILL = """\
<div class="{name}">{figure}<p>{again}</p></div>
<style>.jp-OutputArea-child:has(.{name}) + .jp-OutputArea-child:not(:has(.{name}-live)) {{ display: none }}</style>"""
# When the kernel is restarted the controls stay on the page, without an answer: then they say so. Their sliders have
# no name that a screen reader could find, only a label beside them; it is copied as soon as they are there.
LIVE = """\
<style>.{name}, .jp-OutputArea-child:has(.{name}), .{name}-live p {{ display: none }}
.jupyter-widgets-disconnected .{name}-live p {{ display: block }}</style>
<div class="{name}-live"><p role="alert">{again}</p><img alt="" hidden src="data:," onerror="{naming}"></div>"""
NAMING = """\
setTimeout(() => this.closest('.widget-vbox').querySelectorAll('.widget-slider').forEach(slider =>
  slider.querySelector('.noUi-handle').setAttribute('aria-label', slider.querySelector('label').textContent)), 500)"""


def explore(draw: Draw, caption: str, **values: Sequence[Any]) -> None:
    """Show a figure with a control for each of its settings, and a button that brings the presets back.

    Parameters
    ----------
    draw : function
        Takes the settings by name and returns a `Picture`, as `resnet_course.plots.lines` does.
        Each setting needs a default, its preset.
    caption : str
        Key of a table of messages. It has the name of each control in ``controls.<setting>``, and in
        ``choices.<setting>.<value>`` those of values that are words, where they should not be shown as they are. It
        may have the figure's own texts beside them.
    **values
        For each setting with a control, the values it may take: a ``range`` becomes a slider, other numbers a slider
        with these stops, ``[False, True]`` a checkbox, and words a menu.

    Raises
    ------
    ValueError
        If `draw` has no such setting, or its default is none of the values.

    Notes
    -----
    The figure stands among the controls, so it follows them also after the page was loaded again. They need ipywidgets
    and a running notebook. Without these there is the figure of the presets alone, as an ordinary image.

    Examples
    --------
    >>> from resnet_course import plots
    >>> def product(depth=20, activation="sigmoid", shortcut=False):
    ...     factor = {"sigmoid": 0.25, "tanh": 1.0}[activation] + shortcut
    ...     bounds = [factor ** (depth - layer) for layer in range(depth)]
    ...     figures = {"depth": depth, "factor": factor, "left": plots.say(bounds[0])}
    ...     return plots.profile("figures.product", {"bound": bounds}, figures=figures)
    >>> explore(
    ...     product, "figures.product", depth=range(2, 101), activation=["sigmoid", "tanh"], shortcut=[False, True]
    ... )
    Line chart: the largest possible gradient at each of 20 layers. Each layer multiplies it by 0.25, so that \
9.1×10⁻¹³ of it reaches the first one.
    """
    Explorer(draw, caption, values).show()


class Explorer:
    """The figure and the controls that `explore` shows.

    Parameters
    ----------
    draw, caption, values
        As `explore` takes them.

    Attributes
    ----------
    presets : dict
        Setting to the value it starts with.
    controls : dict
        Setting to its ipywidgets control, once the explorer is shown in a notebook.

    Examples
    --------
    >>> from resnet_course import plots
    >>> def curve(power=2):
    ...     return plots.lines("figures.training-error", range(5), {"plain-20": [x**power for x in range(5)]})
    >>> Explorer(curve, "figures.product", {"power": range(1, 4)}).presets
    {'power': 2}
    """

    def __init__(self, draw: Draw, caption: str, values: Mapping[str, Sequence[Any]]) -> None:
        self.draw, self.caption, self.values = draw, caption, values
        self.presets = find_presets(draw, values)
        self.controls: dict[str, Any] = {}
        self._figure: Any = None
        self._spoken: Any = None
        self._waiting: asyncio.TimerHandle | None = None
        self._drawn = 0.0

    def show(self) -> None:
        """Show the figure for the presets, and the controls where they can run."""
        from IPython.display import display

        picture = self._picture(self.presets)
        if controls_can_run():
            figure = picture._repr_html_()
            again = message("figures.explorer.again")
            show_controls(self.name, self._make_controls(figure), figure, picture.alt, again)
        else:
            display(picture)

    @property
    def name(self) -> str:
        """What tells this figure from others on a page: a class of CSS."""
        return "explorer-" + re.sub(r"\W+", "-", self.caption)

    def settings(self) -> dict[str, Any]:
        """Return what the controls say now."""
        return self.presets | {name: control.value for name, control in self.controls.items()}

    def redraw(self) -> None:
        """Draw the figure for what the controls say now; if that fails, show the error in its place."""
        self._waiting = None
        try:
            picture = self._picture(self.settings())
            shown, said = picture._repr_html_(), picture.alt
        except Exception as error:  # whatever it is: the learner would not see it anywhere else
            failure = _Failure(error)
            shown, said = failure._repr_html_(), repr(failure)
        self._figure.value = shown
        # An alt text that changes is not read out, a status is.
        self._spoken.value = f'<div role="status" style="{HIDDEN}">{html.escape(said)}</div>'
        self._drawn = time.monotonic()

    def reset(self) -> None:
        """Bring all controls back to their presets."""
        for name, control in self.controls.items():
            control.value = self.presets[name]

    def _picture(self, settings: Mapping[str, Any]) -> Picture:
        drawn = self.draw(**settings)
        if not isinstance(drawn, Picture):
            raise TypeError(message("errors.explorers.picture", kind=type(drawn).__name__))
        return drawn

    def _make_controls(self, figure: str) -> list[Any]:
        import ipywidgets  # type: ignore[import-untyped]

        for name, values in self.values.items():
            self.controls[name] = make_control(self.caption, name, values, self.presets[name])
            self.controls[name].observe(self._changed, "value")
        reset = ipywidgets.Button(description=message("figures.explorer.reset"), icon="undo")
        reset.on_click(lambda _: self.reset())
        self._figure = ipywidgets.HTML(figure)
        self._spoken = ipywidgets.HTML()
        return [self._figure, *self.controls.values(), reset, self._spoken]

    def _changed(self, _: object) -> None:
        if self._waiting:
            self._waiting.cancel()
            self._waiting = None
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:  # no kernel that could wait for more
            self.redraw()
            return
        if time.monotonic() - self._drawn > 2 * SETTLED:
            self.redraw()
        else:
            self._waiting = loop.call_later(SETTLED, self.redraw)


def find_presets(draw: Draw, values: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """Return the default of each setting that has a control.

    Raises
    ------
    ValueError
        If `draw` has no such setting, the setting has no default, or its default is none of the values.

    Examples
    --------
    >>> find_presets(lambda depth=20, width=8: None, {"depth": range(2, 101)})
    {'depth': 20}
    """
    arguments = inspect.signature(draw).parameters
    presets = {}
    for name, allowed in values.items():
        if name not in arguments:
            raise ValueError(message("errors.explorers.unknown", name=name, known=", ".join(arguments)))
        preset = arguments[name].default
        if preset is inspect.Parameter.empty:
            raise ValueError(message("errors.explorers.no-preset", name=name))
        if preset not in allowed:
            raise ValueError(message("errors.explorers.outside", name=name, preset=preset, values=allowed))
        presets[name] = preset
    return presets


def make_control(caption: str, name: str, values: Sequence[Any], preset: Any) -> Any:
    """Return the ipywidgets control for one setting, labelled in the learner's language.

    Parameters
    ----------
    caption : str
        Key of the table with ``controls`` and ``choices``.
    name : str
        The setting.
    values : sequence
        What it may be.
    preset : object
        What it is at first.

    Examples
    --------
    >>> control = make_control("figures.product", "depth", range(2, 101), 20)
    >>> type(control).__name__, control.description, control.min, control.max, control.value
    ('IntSlider', 'number of layers', 2, 100, 20)
    """
    import ipywidgets

    common = {
        "value": preset,
        "description": message(f"{caption}.controls.{name}"),
        "style": {"description_width": "12em"},
        "layout": {"width": "42em", "max_width": "100%"},
    }
    if isinstance(values, range):
        return ipywidgets.IntSlider(min=values[0], max=values[-1], step=values.step, continuous_update=False, **common)
    if set(values) == {False, True} and all(isinstance(each, bool) for each in values):
        return ipywidgets.Checkbox(**common)
    words = find(caption).get("choices", {}).get(name, {})
    options = [(words.get(str(each), _written(each)), each) for each in values]
    if all(isinstance(each, int | float) for each in values):
        return ipywidgets.SelectionSlider(options=options, continuous_update=False, **common)
    return ipywidgets.Dropdown(options=options, **common)


def _written(value: Any) -> str:
    return number(value, "g") if isinstance(value, int | float) else str(value)


def controls_can_run() -> bool:
    """Tell whether this is a notebook with ipywidgets.

    Examples
    --------
    >>> controls_can_run()
    False
    """
    from IPython.core.getipython import get_ipython

    try:
        import ipywidgets  # noqa: F401
    except ImportError:
        return False
    return hasattr(get_ipython(), "kernel")


def show_controls(name: str, controls: Sequence[Any], still: str, text: str, again: str) -> None:
    """Show controls in a notebook, and on pages on which no kernel answers what stands in for them.

    Parameters
    ----------
    name : str
        What tells these controls from others on a page: a class of CSS.
    controls : sequence of ipywidgets.Widget
        What to show below each other.
    still : str
        HTML that stands in for them.
    text : str
        The same for a terminal.
    again : str
        A sentence that says how to get the controls back.

    Examples
    --------
    >>> import ipywidgets
    >>> show_controls("check", [ipywidgets.Button()], "<p>A button.</p>", "A button.", "Run this cell again.")
    ... # doctest: +ELLIPSIS
    A button.
    Run this cell again.
    <...
    """
    import ipywidgets
    from IPython.display import display

    live = ipywidgets.HTML(LIVE.format(name=name, again=html.escape(again), naming=NAMING))
    display(_Still(name, still, text, again))
    display(_Controls(ipywidgets.VBox([live, *controls])))


class _Still:
    """What stands in for controls on pages on which no kernel answers, and what to do there."""

    def __init__(self, name: str, figure: str, text: str, again: str) -> None:
        self.name, self.figure, self.text, self.again = name, figure, text, again

    def __repr__(self) -> str:
        return f"{self.text}\n{self.again}"

    def _repr_html_(self) -> str:
        return STILL.format(name=self.name, figure=self.figure, again=html.escape(self.again))


class _Controls:
    """A widget that leaves no trace where a reader sees the notebook but no kernel runs it."""

    def __init__(self, box: Any) -> None:
        self.box = box

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        view = {"version_major": 2, "version_minor": 0, "model_id": self.box.model_id}
        return {"application/vnd.jupyter.widget-view+json": view, "text/plain": ""}


class _Failure:
    """An error in drawing, shown in the figure's place."""

    def __init__(self, error: Exception) -> None:
        self.advice = message("figures.explorer.error", reset=message("figures.explorer.reset"))
        self.error = f"{type(error).__name__}: {error}"
        self.lines = "".join(traceback.format_exception(error))

    def __repr__(self) -> str:
        return f"{self.advice}\n{self.error}"

    def _repr_html_(self) -> str:
        advice, error, lines = (html.escape(each) for each in (self.advice, self.error, self.lines))
        return (
            f'<div role="alert" style="border-left:5px solid {COLORS["plain"]};padding:.5em 1em">'
            f"<p><b>{advice}</b></p><p><code>{error}</code></p>"
            f"<details><summary>{message('figures.explorer.where')}</summary><pre>{lines}</pre></details></div>"
        )
