"""Explorers in JupyterLab and Notebook: their controls, and what is left when the page or the kernel goes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from kernel import ROOT

from resnet_course.language import languages, message, speaking

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("browser")]

SOURCE = """\
from resnet_course.language import set_language
set_language("{language}")
from resnet_course import plots
from resnet_course.explorers import explore

def product(depth=20, activation="sigmoid", shortcut=False):
    if depth == 23:
        raise RuntimeError("23 is too deep")
    factor = {{"sigmoid": 0.25, "tanh": 1.0}}[activation] + shortcut
    bounds = [factor ** (depth - layer) for layer in range(depth)]
    figures = {{"depth": depth, "factor": factor, "left": plots.say(bounds[0])}}
    return plots.profile("figures.product", {{"bound": bounds}}, figures=figures)

explore(
    product, "figures.product", depth=range(2, 101), activation=["sigmoid", "tanh"], shortcut=[False, True]
)"""


@pytest.fixture
def explorer(page: Page, open_notebook: Callable[[str], None], run_all: Callable[[], None]) -> Callable[[str], Locator]:
    """Opens a notebook with an explorer, runs it, and returns its outputs."""
    from playwright.sync_api import expect

    def run_it(language: str) -> Locator:
        path = f"build/lab-test/explorer_{language}.ipynb"
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        cell = nbformat.v4.new_code_cell(SOURCE.format(language=language))
        # Without a kernelspec JupyterLab would ask which kernel to start.
        metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
        nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=metadata), ROOT / path)
        open_notebook(path)
        run_all()
        outputs = page.locator(".jp-OutputArea-output")
        expect(outputs.get_by_role("slider")).to_be_visible(timeout=60_000)
        expect(outputs.get_by_role("img")).to_have_count(1)  # the still figure has made room
        return outputs

    return run_it


@pytest.mark.parametrize("language", languages())
def test_every_control_redraws_the_one_figure(
    language: str, page: Page, explorer: Callable[[str], Locator], tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    with speaking(language):
        labels = {name: message(f"figures.product.controls.{name}") for name in ("depth", "activation", "shortcut")}
        tanh, reset = message("figures.product.choices.activation.tanh"), message("figures.explorer.reset")
    outputs = explorer(language)
    image = outputs.get_by_role("img")
    slider = outputs.get_by_role("slider", name=labels["depth"])
    first = image.get_attribute("src") or ""

    def expect_another(before: str) -> str:
        expect(image).not_to_have_attribute("src", before, timeout=20_000)
        expect(image).to_have_count(1)
        return image.get_attribute("src") or ""

    slider.press("ArrowRight")
    second = expect_another(first)
    outputs.get_by_label(labels["activation"]).select_option(label=tanh)
    third = expect_another(second)
    outputs.get_by_label(labels["shortcut"]).check()
    expect_another(third)
    expect(image).to_have_attribute("alt", re.compile("21"))
    expect(outputs.get_by_role("status")).to_contain_text("21")  # what a screen reader reads out
    page.screenshot(path=tmp_path / f"{language}.png")

    slider.press("ArrowRight")
    slider.press("ArrowRight")
    expect(outputs.get_by_role("alert")).to_contain_text("RuntimeError: 23 is too deep", timeout=20_000)
    outputs.get_by_role("button", name=reset).click()
    expect(image).to_have_attribute("src", first, timeout=20_000)


def test_an_explorer_outlives_its_page_and_says_what_to_do_without_its_kernel(
    page: Page, explorer: Callable[[str], Locator], open_notebook: Callable[..., None], save: Callable[[], None]
) -> None:
    from playwright.sync_api import expect

    with speaking("pt"):
        again = message("figures.explorer.again")
    outputs = explorer("pt")
    image, slider = outputs.get_by_role("img"), outputs.get_by_role("slider")
    sentence = page.locator("p:visible", has_text=again)
    slider.press("ArrowRight")
    expect(image).to_have_attribute("alt", re.compile("21"), timeout=20_000)
    expect(sentence).to_have_count(0)
    save()

    # The page is loaded again while the kernel lives: the figure still follows its controls.
    open_notebook("build/lab-test/explorer_pt.ipynb")
    expect(slider).to_be_visible(timeout=60_000)
    expect(image).to_have_count(1)
    slider.press("ArrowRight")
    expect(image).to_have_attribute("alt", re.compile("22"), timeout=20_000)

    # The kernel is restarted under the page: the figure stays, and the controls say what to do.
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Restart Kernel…")).click()
    page.get_by_role("button", name="Confirm Kernel Restart").click()
    expect(sentence).to_have_count(1, timeout=60_000)
    expect(image).to_have_attribute("alt", re.compile("22"))
    save()

    # The next day there is neither: the figure of the presets, and the same sentence.
    open_notebook("build/lab-test/explorer_pt.ipynb")
    expect(sentence).to_have_count(1, timeout=60_000)
    expect(image).to_have_attribute("alt", re.compile("20"))
    expect(slider).to_have_count(0)
    expect(page.get_by_text("Error displaying widget")).not_to_be_visible()


def test_on_a_phone_the_controls_stay_on_the_screen(
    page: Page, explorer: Callable[[str], Locator], server: str, save: Callable[[], None]
) -> None:
    from playwright.sync_api import expect

    explorer("pt")
    save()
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(f"{server}/notebooks/build/lab-test/explorer_pt.ipynb")
    box = page.locator(".widget-vbox")
    expect(box.get_by_role("slider")).to_be_visible(timeout=60_000)
    for control in box.locator(".jupyter-widgets").all():
        place = control.bounding_box()
        assert place is None or place["x"] + place["width"] <= 390
