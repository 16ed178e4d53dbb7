"""The figures and explorers: what they say, in which colours, what they refuse, what a moved control does."""

from __future__ import annotations

import asyncio
import html
import inspect
import itertools
import re
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from images import is_cut_off
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Text

from resnet_course import data, diagrams, drawing, explorers, pictures, plots, trade_offs
from resnet_course.blocks import BasicBlock, Bottleneck, make_shortcut
from resnet_course.cost import count_cost
from resnet_course.explorers import Explorer, controls_can_run, explore, find_presets, make_control
from resnet_course.language import languages, number, speaking

ERRORS = {
    "plain-20": [[0.41, 0.05], [0.36, 0.06], [0.39, 0.045]],
    "plain-56": [[0.90, 0.72], [0.88, 0.60], [0.91, 0.78]],
    "residual-20": [[0.30, 0.025], [0.32, 0.029], [0.28, 0.021]],
    "residual-56": [[0.31, 0.024], [0.33, 0.030], [0.29, 0.020]],
}
GRADIENTS = {
    "sigmoid": [0.22**layer for layer in range(29, -1, -1)],
    "tanh": [0.8] * 29 + [1],
    "ReLU": [0.9] * 29 + [1],
}
DIGITS = [str(digit) for digit in range(10)]
LONG = ["formiga saúva", "abelha-europeia-comum-do-campo"]
SURE = torch.tensor([[0.9, 0.1], [0.7, 0.3], [0.2, 0.8]])
BLUR = torch.tensor([[[0.0, 1, 0], [1, 4, 1], [0, 1, 0]]]).expand(3, 3, 3)
COLORED = torch.linspace(0, 1, 3 * 3 * 8 * 8).reshape(3, 3, 8, 8)


def title_of(picture: plots.Picture) -> str:
    return picture.figure.get_suptitle() or picture.figure.axes[0].get_title(loc="left")


GALLERY: dict[str, Callable[[], plots.Picture]] = {
    "curves": lambda: plots.training_curves("figures.training-error", ERRORS, percent=True),
    "curves-log": lambda: plots.training_curves("figures.training-error", ERRORS, percent=True, log=True),
    "profile": lambda: plots.profile("figures.gradient-profile", GRADIENTS),
    "bars": lambda: plots.bars(
        "figures.parameters", {"plain-20": [1, 2], "residual-20": -3.5, "a long name that needs two lines here": 12_345}
    ),
    "many-bars": lambda: plots.bars("figures.parameters", {f"layer{each}": each + 0.5 for each in range(27)}),
    "images": lambda: plots.image_grid(data.mnist5k()[0][::500], range(10), DIGITS),
    "predictions": lambda: plots.image_grid(COLORED, [0, 1, 1], LONG, probabilities=SURE),
    "confusion": lambda: plots.confusion_matrix([0, 0, 1, 1, 1], [0, 1, 1, 1, 0], LONG),
    "ten-classes": lambda: plots.confusion_matrix(range(10), [9, *range(1, 10)], DIGITS),
    "no-confusion": lambda: plots.confusion_matrix([0, 1], [0, 1], LONG),
    "heat": lambda: plots.heat_maps(COLORED, BLUR, [*LONG, "?"]),
}


@pytest.mark.parametrize("language", languages())
@pytest.mark.parametrize("name", GALLERY)
def test_every_figure_has_its_texts_filled_in_and_nothing_cut_off(name: str, language: str) -> None:
    with speaking(language):
        shown = GALLERY[name]()
        pixels = rendered(shown.figure)
    texts = [text for text in shown.figure.findobj(Text) if text.get_visible() and text.get_text()]
    edges = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])

    assert "{" not in title_of(shown) + shown.alt
    assert shown.alt.endswith(".")
    assert (edges == 255).all(), "something touches the edge"
    assert all(text.get_fontsize() >= 9 for text in texts)


def rendered(figure: Figure) -> np.ndarray:
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def test_class_names_are_drawn_as_they_are_written_even_where_they_look_like_formulas() -> None:
    names = ["R$ 2_ R$", "$%$"]
    for draw in (
        lambda: plots.image_grid(COLORED, [0, 1, 1], names),
        lambda: plots.image_grid(COLORED, [0, 1, 1], names, probabilities=SURE),
        lambda: plots.confusion_matrix([0, 0, 1, 1, 1], [0, 1, 1, 1, 0], names),
        lambda: plots.heat_maps(COLORED, BLUR, [*names, "?"]),
    ):
        shown = draw()
        rendered(shown.figure)
        assert any("R$ 2_ R$" in text.get_text() for text in shown.figure.findobj(Text))


def test_a_figure_reaches_the_page_with_its_alt_text_and_as_one_image() -> None:
    with speaking("pt"):
        picture, again = (plots.profile("figures.gradient-profile", GRADIENTS) for _ in range(2))
        shown = picture._repr_html_()
        (tag,) = re.findall(r"<img [^>]*>", shown)

        assert f'alt="{picture.alt}"' in tag and 'lang="pt"' in tag
        assert repr(picture) == picture.alt
        assert again._repr_html_() == shown
    assert tag.count("data:image/png;base64,") == 1
    # On a phone it is scrolled, not made too small to read.
    assert "max-width:max(100%,560px)" in tag and shown.startswith('<div style="overflow-x:auto"><img ')
    assert not hasattr(picture, "_repr_png_")


def test_alt_text_is_no_html() -> None:
    assert 'alt="&lt;b&gt; &quot;x&quot;"' in drawing.Picture(Figure(), '<b> "x"')._repr_html_()


def test_a_figure_of_colour_photos_is_a_jpeg() -> None:
    shown = drawing.Picture(Figure(), "Two photos.", photos=True)._repr_html_()

    assert "data:image/jpeg;base64," in shown and 'alt="Two photos."' in shown


@pytest.mark.parametrize(
    ("language", "name", "finding"),
    [
        ("en", "curves", "residual-56 has the lowest training error (2.5%) and plain-56 the highest (70.0%)"),
        ("pt", "curves", "residual-56 tem o menor erro de treino (2,5%) e plain-56, o maior (70,0%)"),
        ("en", "profile", "sigmoid: the gradient at the first layer is 8.5×10⁻²⁰ times"),
        ("pt", "profile", "sigmoid: o gradiente na primeira camada é 8,5×10⁻²⁰ vezes"),
        ("en", "predictions", "right in 2 of 3"),
        ("pt", "predictions", "acerta 2 de 3"),
        ("en", "confusion", "60.0% are right; no mix-up is more frequent than formiga saúva taken for abelha"),
        (
            "pt",
            "confusion",
            "60,0% estão certas; nenhuma confusão é mais frequente que abelha-europeia-comum-do-campo no lugar de",
        ),
        ("en", "no-confusion", "All 2 are right"),
        ("en", "heat", "Half of the heat lies on 20% of an image"),
        ("pt", "heat", "Metade do calor está em 20% da imagem"),
    ],
)
def test_titles_state_the_finding_that_was_computed(language: str, name: str, finding: str) -> None:
    with speaking(language):
        shown = GALLERY[name]()

    assert finding in title_of(shown)


def test_the_axes_have_the_learners_decimal_mark() -> None:
    with speaking("pt"):
        shown = plots.training_curves("figures.training-error", {"plain-20": [0.9, 0.2]})
        shown.figure.draw_without_rendering()
        marks = {label.get_text() for label in shown.figure.axes[0].get_yticklabels()}

    assert "0,5" in marks


def test_a_kind_of_net_has_one_colour_and_one_marker_everywhere() -> None:
    looks = []
    for draw in (
        lambda: plots.training_curves("figures.training-error", ERRORS),
        lambda: plots.profile("figures.gradient-profile", {name: runs[0] for name, runs in ERRORS.items()}),
        lambda: plots.lines("figures.training-error", [1, 2], {name: runs[0] for name, runs in ERRORS.items()}),
    ):
        shown = draw()
        looks += [{line.get_label(): line for line in shown.figure.axes[0].lines}]
    for lines in looks:
        for name, line in lines.items():
            kind = str(name).split("-")[0]
            assert (line.get_color(), line.get_marker()) == (plots.COLORS[kind], drawing.MARKERS[kind])
        assert lines["plain-20"].get_linestyle() != lines["plain-56"].get_linestyle()
        assert lines["plain-56"].get_linestyle() == lines["residual-56"].get_linestyle()

    shown = plots.bars("figures.parameters", {"plain-20": 1, "residual-20": 2, "other": 3})
    bars = shown.figure.axes[0].patches
    assert [bar.get_facecolor() for bar in bars[:2]] == [to_rgba(plots.COLORS[kind]) for kind in ("plain", "residual")]
    assert bars[0].get_hatch() != bars[1].get_hatch()


def test_bars_that_are_compared_share_one_scale_whatever_their_signs() -> None:
    drawn = [{"a": 3, "b": 12}, {"a": -0.1, "b": 20}, {"a": 0, "b": 1}]
    limits = [plots.bars("figures.parameters", each, longest=20).figure.axes[0].get_xlim() for each in drawn]

    assert limits[0] == limits[1] == limits[2]


def test_no_two_colours_share_a_marker() -> None:
    assert set(drawing.MARKERS) == set(drawing.COLORS)
    assert len(set(drawing.MARKERS.values())) == len(drawing.COLORS)


def test_several_runs_have_a_mean_and_a_band_from_the_lowest_to_the_highest() -> None:
    shown = plots.training_curves("figures.training-error", {"plain-20": [[1, 2], [3, 6]], "residual-20": [1, 1]})
    axes = shown.figure.axes[0]
    (band,) = axes.collections

    assert list(axes.lines[0].get_ydata()) == [2, 4]
    assert {tuple(point) for point in band.get_paths()[0].vertices} >= {(1, 1), (1, 3), (2, 2), (2, 6)}
    assert "mean of 1–2 runs" in axes.get_xlabel()


def test_one_run_has_no_band_and_no_word_of_it() -> None:
    shown = plots.training_curves("figures.training-error", {"plain-20": torch.tensor([0.5, 0.4])})

    assert not shown.figure.axes[0].collections
    assert shown.figure.axes[0].get_xlabel() == "epoch"


def test_a_run_that_diverges_is_drawn_as_far_as_it_goes() -> None:
    shown = plots.training_curves(
        "figures.training-error", {"plain-20": [3, 9, np.nan, np.inf], "residual-20": [3, 2, 1, 1]}
    )
    name = next(text for text in shown.figure.axes[0].texts if text.get_text() == "plain-20")

    assert name.xy == (2, 9)
    assert "plain-20 the highest (NaN%)" in title_of(shown)


def test_gradients_that_are_exactly_zero_are_the_finding_not_an_error() -> None:
    shown = plots.profile("figures.gradient-profile", {"tanh": [0.1, 1], "sigmoid": [0, 1]})

    assert "sigmoid: the gradient at the first layer is 0 times" in title_of(shown)


@pytest.mark.parametrize("ends", [[1, 1.01, 1.02, 1.03], [1, 1, 1, 1], [1, 1.01, 5, 5.01]])
@pytest.mark.parametrize("log", [False, True])
def test_names_at_line_ends_never_overlap(ends: list[float], log: bool) -> None:
    shown = plots.lines(
        "figures.training-error", range(3), {f"net {end} {i}": [2, 3, end] for i, end in enumerate(ends)}, log=log
    )
    shown.figure.draw_without_rendering()
    boxes = [Text.get_window_extent(text) for text in shown.figure.axes[0].texts]  # without the leader line

    assert not any(one.y0 < other.y1 and other.y0 < one.y1 for one, other in itertools.combinations(boxes, 2))


def test_the_name_of_a_line_that_ends_early_stands_where_no_line_runs() -> None:
    shown = plots.profile("figures.gradient-profile", {"plain-20": [1] * 20, "plain-56": [1] * 56})
    shown.figure.draw_without_rendering()
    early = next(text for text in shown.figure.axes[0].texts if text.get_text() == "plain-20")
    box = Text.get_window_extent(early)
    height = shown.figure.axes[0].transData.transform((30, 1))[1]

    assert not box.y0 <= height <= box.y1


def test_layers_and_epochs_are_counted_from_one() -> None:
    shown = plots.profile("figures.gradient-profile", GRADIENTS)

    assert list(shown.figure.axes[0].get_xticks()) == [1, 5, 10, 15, 20, 25, 30]


def test_right_and_wrong_differ_in_mark_and_frame_not_only_in_colour() -> None:
    shown = plots.image_grid(COLORED, [0, 1, 1], ["ant", "bee"], probabilities=SURE)
    right, wrong = shown.figure.axes[:2]

    assert (right.get_xlabel(), wrong.get_xlabel()) == ("✓ ant (90%)", "✗ ant (70%)\nit is: bee")
    assert right.spines["top"].get_linewidth() < wrong.spines["top"].get_linewidth()
    assert right.spines["top"].get_linestyle() != wrong.spines["top"].get_linestyle()


@pytest.mark.parametrize(("language", "said"), [("en", ["22.8", "7.7", "21.0"]), ("pt", ["22,8", "7,7", "21,0"])])
def test_percentages_all_have_one_decimal(language: str, said: list[str]) -> None:
    with speaking(language):
        shown = plots.bars("figures.parameters", {"a": [0.21, 0.2459], "b": 0.07666, "c": 0.21}, percent=True)

    assert [text.get_text() for text in shown.figure.axes[0].texts] == said


def test_a_lesson_can_give_a_figure_its_own_title() -> None:
    shown = plots.confusion_matrix([0, 1], [0, 1], ["ant", "bee"], caption="figures.confusion", figures={"true": "x"})

    assert title_of(shown) == "100.0% are right; no mix-up is more frequent than x taken for ant (0 of 1)"


def test_half_of_the_heat_of_an_even_map_lies_on_half_of_the_image() -> None:
    shown = plots.heat_maps(COLORED[:1], torch.ones(1, 4, 4), ["ant"])

    assert "50%" in title_of(shown)


def test_a_map_without_any_heat_is_drawn_too() -> None:
    shown = plots.heat_maps(COLORED[:1], torch.zeros(1, 4, 4), ["ant"])

    assert "0%" in title_of(shown)


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda: plots.training_curves("figures.training-error", {"plain-20": []}), "plain-20 has no values"),
        (lambda: plots.training_curves("figures.training-error", {"net": [[1, 2], [1]]}), r"values \(1, 2\)"),
        (lambda: plots.training_curves("figures.training-error", {"net": [np.nan]}), "net has no value that is"),
        (lambda: plots.lines("figures.training-error", [1], {"a": [1]}, colors={"a": "red"}), "'red'; the course"),
        (lambda: plots.training_curves("figures.training-error", {}), "nothing to draw"),
        (lambda: plots.bars("figures.parameters", {}), "nothing to draw"),
        (lambda: plots.lines("figures.training-error", [1], {"a": [1, 2]}), "`x`: 1, `a`: 2"),
        (lambda: plots.bars("figures.parameters", {"a": [1, np.nan]}), "a has a value that is NaN"),
        (lambda: plots.image_grid(COLORED[0], [0], ["ant"]), r"the shape \[3, 8, 8\].*unsqueeze"),
        (lambda: plots.image_grid(COLORED * 4 - 2, [0, 0, 0], ["ant"]), r"from -2 to 2;.*images \* std \+ mean"),
        (lambda: plots.image_grid(COLORED * 255, [0, 0, 0], ["ant"]), "images / 255"),
        (lambda: plots.image_grid(COLORED * np.nan, [0, 0, 0], ["ant"]), "from nan to nan"),
        (lambda: plots.image_grid(COLORED, [0, 0], ["ant"]), "`images`: 3, `labels`: 2"),
        (lambda: plots.image_grid(COLORED, [0, 2, 0], ["ant", "bee"]), "`labels` holds 0, 2;.*from 0 to 1"),
        (lambda: plots.image_grid(COLORED, [0, 1, 0], ["ant", "bee"], probabilities=SURE[:2]), r"it must be \[3, 2\]"),
        (lambda: plots.confusion_matrix([0, 1], [0], ["ant", "bee"]), "`labels`: 2, `predicted`: 1"),
        (lambda: plots.confusion_matrix([], [], ["ant", "bee"]), "`labels` has no values"),
        (lambda: plots.confusion_matrix([0.5], [0], ["ant", "bee"]), "`labels` holds 0.5"),
        (lambda: plots.heat_maps(COLORED, BLUR[0], ["ant"] * 3), r"the shape \[3, 3\]"),
        (lambda: plots.heat_maps(COLORED, BLUR, ["ant"]), "`images`: 3, `maps`: 3, `names`: 1"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_is_refused_with_what_to_do(draw: Callable[[], None], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        draw()
    with speaking("pt"), pytest.raises(ValueError):
        draw()


@pytest.mark.parametrize("language", ["en", "pt"])
@pytest.mark.parametrize("settings", [(256, 64, 1, 1), (64, 64, 1, 1), (256, 128, 2, 32), (1024, 32, 2, 4)])
def test_the_bottleneck_explorer_says_what_the_block_really_costs(
    settings: tuple[int, int, int, int], language: str
) -> None:
    inplanes, width, stride, groups = settings
    shortcut = make_shortcut(inplanes, 4 * width, stride)
    block = Bottleneck(inplanes, width, stride, shortcut, groups, base_width=64 // groups)
    cost = count_cost(block, (1, inplanes, 56, 56))
    with speaking(language):
        picture = diagrams.draw_bottleneck(*settings)
        said = number(cost.macs / 1e6, ",.0f")

    assert picture.figure.get_suptitle().startswith(f"{said} ")
    bars = picture.figure.axes[1].patches
    assert sum(bar.get_width() for bar in bars) == pytest.approx(cost.macs / 1e6)
    assert len(bars) == 3 + (shortcut is not None)


def test_a_blocks_own_parts_are_not_drawn_in_the_colours_that_tell_plain_from_residual_nets() -> None:
    explorer = diagrams.draw_bottleneck(inplanes=64)  # with a projection
    diagram = plots.block_diagram("04_bottleneck.figures.block", Bottleneck(256, 64), torch.zeros(1, 256, 8, 8))
    plain, residual = (to_rgba(plots.COLORS[kind])[:3] for kind in ("plain", "residual"))
    drawn = {
        "explorer": {each.get_facecolor()[:3] for axes in explorer.figure.axes for each in axes.patches},
        "diagram": {each.get_edgecolor()[:3] for each in diagram.figure.axes[0].patches},
    }

    assert drawn["explorer"].isdisjoint({plain, residual})
    assert plain not in drawn["diagram"]  # the shortcut is what makes a block residual


@pytest.mark.parametrize("language", ["en", "pt"])
def test_an_explorers_title_fits_whatever_the_controls_say(language: str) -> None:
    with speaking(language):
        drawn = [
            diagrams.draw_bottleneck(inplanes=512, width=256),
            diagrams.draw_bottleneck(inplanes=1024, width=256, stride=2, groups=32),
            trade_offs.draw_dials(152, 256, 64),
            trade_offs.draw_dials(101, 128, 32),
        ]

    assert [picture.figure.get_suptitle() for picture in drawn if is_cut_off(image_of(picture))] == []


def image_of(picture: drawing.Picture) -> str:
    return picture._repr_html_().partition("base64,")[2].rstrip('">')


def test_groups_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(ValueError, match="`groups` is 5; it must divide 64"):
        diagrams.draw_bottleneck(groups=5)


@pytest.mark.parametrize("module", [plots, explorers, diagrams, drawing, pictures])
def test_every_public_name_has_an_example(module: Any) -> None:
    names = getattr(module, "__all__", None) or [
        name
        for name, each in vars(module).items()
        if getattr(each, "__module__", "") == module.__name__ and name[0] != "_"
    ]
    for name in names:
        each = getattr(module, name)
        if inspect.isfunction(each) or (inspect.isclass(each) and each.__module__ == module.__name__):
            assert ">>>" in (each.__doc__ or "") or module is drawing, name


# ---------------------------------------------------------------- explorers


def product(depth: int = 20, activation: str = "sigmoid", shortcut: bool = False) -> plots.Picture:
    if depth == 13:
        raise RuntimeError("<thirteen> is unlucky")
    factor = {"sigmoid": 0.25, "tanh": 1.0}[activation] + shortcut
    bounds = [factor ** (depth - layer) for layer in range(depth)]
    figures = {"depth": depth, "factor": factor, "left": drawing.say(bounds[0])}
    return plots.profile("figures.product", {"bound": bounds}, figures=figures)


VALUES: dict[str, Any] = {
    "depth": range(2, 101),
    "activation": ["sigmoid", "tanh"],
    "shortcut": [False, True],
}


class Page:
    """A notebook's page: what was displayed, and what the explorer's widgets show now."""

    def __init__(self) -> None:
        self.shown: list[Any] = []

    def display(self, what: Any) -> None:
        self.shown.append(what)

    @property
    def box(self) -> Any:
        return self.shown[1].box

    @property
    def figure(self) -> str:
        return str(self.box.children[1].value)

    def shows(self, picture: plots.Picture) -> bool:
        return f'alt="{html.escape(picture.alt)}"' in self.figure


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Page:
    made = Page()
    monkeypatch.setattr("IPython.display.display", made.display)
    monkeypatch.setattr(explorers, "controls_can_run", lambda: True)
    return made


@pytest.fixture
def explorer(page: Page) -> Explorer:
    made = Explorer(product, "figures.product", VALUES)
    made.show()
    return made


def test_an_explorer_starts_with_the_figure_of_the_presets(explorer: Explorer, page: Page) -> None:
    still, controls = page.shown

    assert page.shows(product())
    assert product().alt in still._repr_html_() and "run this cell again" in still._repr_html_()
    assert [type(control).__name__ for control in explorer.controls.values()] == ["IntSlider", "Dropdown", "Checkbox"]
    assert controls._repr_mimebundle_()["text/plain"] == ""


@pytest.mark.parametrize(("name", "value"), [("depth", 50), ("activation", "tanh"), ("shortcut", True)])
def test_every_control_redraws_the_figure_beside_it(name: str, value: Any, explorer: Explorer, page: Page) -> None:
    explorer.controls[name].value = value

    assert page.shows(product(**{name: value}))
    assert len(page.shown) == 2


def test_reset_brings_the_presets_back(explorer: Explorer, page: Page) -> None:
    for name, value in {"depth": 50, "activation": "tanh", "shortcut": True}.items():
        explorer.controls[name].value = value
    (reset,) = [each for each in page.box.children if type(each).__name__ == "Button"]
    reset.click()

    assert explorer.settings() == {"depth": 20, "activation": "sigmoid", "shortcut": False}
    assert page.shows(product())


def test_of_a_burst_only_the_first_and_the_last_are_drawn(explorer: Explorer, page: Page) -> None:
    drawn: list[int] = []
    explorer.draw = lambda **settings: (drawn.append(settings["depth"]), product(**settings))[1]

    async def hold_the_arrow_key() -> None:
        for depth in range(21, 40):
            explorer.controls["depth"].value = depth
        await asyncio.sleep(4 * explorers.SETTLED)

    asyncio.run(hold_the_arrow_key())

    assert drawn == [21, 39]
    assert page.shows(product(39))


@pytest.mark.parametrize(("language", "advice"), [("en", "cannot be drawn"), ("pt", "Não é possível desenhar")])
def test_an_error_in_drawing_is_shown_and_does_not_last(
    language: str, advice: str, explorer: Explorer, page: Page
) -> None:
    with speaking(language):
        explorer.controls["depth"].value = 13

    assert advice in page.figure and "RuntimeError: &lt;thirteen&gt; is unlucky" in page.figure
    assert 'role="alert"' in page.figure
    explorer.controls["depth"].value = 14
    assert page.shows(product(14))


def test_an_error_in_rendering_is_shown_too(explorer: Explorer, page: Page) -> None:
    def draw(**settings: Any) -> plots.Picture:
        picture = product(**settings)
        picture.figure.axes[0].set_title(r"$\nonsense$")
        return picture

    explorer.draw = draw
    explorer.controls["depth"].value = 30

    assert "nonsense" in page.figure


def test_a_screen_reader_hears_what_a_new_figure_shows(explorer: Explorer, page: Page) -> None:
    assert page.box.children[-1].value == ""  # nothing has changed yet

    explorer.controls["depth"].value = 50
    spoken = page.box.children[-1].value

    assert 'role="status"' in spoken and "each of 50 layers" in spoken


def test_an_error_in_the_first_drawing_is_an_ordinary_error(page: Page) -> None:
    with pytest.raises(RuntimeError, match="unlucky"):
        explore(lambda depth=13: product(depth), "figures.product", depth=range(2, 20))


def test_controls_speak_the_learners_language() -> None:
    with speaking("pt"):
        slider = make_control("figures.product", "depth", range(2, 101, 2), 20)
        menu = make_control("figures.product", "activation", ["sigmoid", "relu"], "relu")
        stops = make_control("figures.product", "depth", [0.25, 0.5, 1], 0.5)
    labels = [label for label, _ in menu.options]

    assert (slider.description, slider.min, slider.max, slider.step) == ("número de camadas", 2, 100, 2)
    assert labels == ["sigmoide (derivada de no máximo 1/4)", "relu"]
    assert (type(stops).__name__, [label for label, _ in stops.options]) == ("SelectionSlider", ["0,25", "0,5", "1"])
    assert stops.value == 0.5


def test_without_ipywidgets_or_a_notebook_there_is_the_figure_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert not controls_can_run()
    explore(product, "figures.product", **VALUES)
    assert capsys.readouterr().out.strip() == product().alt

    monkeypatch.setattr("IPython.core.getipython.get_ipython", lambda: type("Shell", (), {"kernel": 1})())
    assert controls_can_run()
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert not controls_can_run()


@pytest.mark.parametrize(
    ("draw", "values", "said"),
    [
        (lambda depth: None, {"depth": range(3)}, "`depth` has no default"),
        (lambda depth=1: None, {"width": range(3)}, "no argument `width`; its arguments are: depth"),
        (lambda depth=7: None, {"depth": range(3)}, r"`depth` starts at 7, which is none of its values: range\(0, 3\)"),
    ],
)
def test_presets_that_cannot_be_are_refused(draw: Any, values: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        find_presets(draw, values)


def test_a_function_that_draws_nothing_is_named() -> None:
    with pytest.raises(TypeError, match="returned NoneType"):
        explore(lambda depth=1: None, "figures.product", depth=range(3))  # type: ignore[arg-type,return-value]


def test_a_block_diagram_can_be_explored() -> None:
    def block(channels: int = 4) -> plots.Picture:
        return plots.block_diagram(
            "03_basic_block.figures.block", BasicBlock(channels, channels), torch.zeros(1, channels, 8, 8)
        )

    texts = {text.get_text() for text in block(6).figure.axes[0].texts}
    assert "6×8×8" in texts
