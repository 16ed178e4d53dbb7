"""In JupyterLab, every kind of control redraws an explorer's figure."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
import pytest
from kernel import ROOT

from resnet_course.language import languages, message, speaking

if TYPE_CHECKING:
    from playwright.sync_api import Page

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
    return plots.draw_profile("figures.product", {{"bound": bounds}}, figures=figures)

explore(
    product, "figures.product", depth=range(2, 101), activation=["sigmoid", "tanh"], shortcut=[False, True]
)"""


@pytest.mark.parametrize("language", languages())
def test_every_control_redraws_the_one_figure(
    language: str, page: Page, open_notebook: Callable[[str], None], run_all: Callable[[], None], tmp_path: Path
) -> None:
    from playwright.sync_api import expect

    path = f"build/lab-test/explorer_{language}.ipynb"
    (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
    cell = nbformat.v4.new_code_cell(SOURCE.format(language=language))
    # Without a kernelspec JupyterLab would ask which kernel to start.
    metadata = {"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=[cell], metadata=metadata), ROOT / path)
    with speaking(language):
        labels = {name: message(f"figures.product.controls.{name}") for name in ("depth", "activation", "shortcut")}
        tanh, reset = message("figures.product.choices.activation.tanh"), message("figures.explorer.reset")
    open_notebook(path)
    run_all()
    outputs = page.locator(".jp-OutputArea-output")
    image = outputs.locator("img")
    slider = outputs.get_by_role("slider")
    expect(image).to_have_count(1, timeout=60_000)
    expect(slider).to_be_visible(timeout=30_000)
    expect(outputs.get_by_text(labels["depth"])).to_be_visible()
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
    # What a screen reader finds; JupyterLab itself shows images without their alt text.
    expect(outputs.get_by_role("status")).to_contain_text("21")
    page.screenshot(path=tmp_path / f"{language}.png")

    slider.press("ArrowRight")
    slider.press("ArrowRight")
    expect(outputs.get_by_role("alert")).to_contain_text("RuntimeError: 23 is too deep", timeout=20_000)
    outputs.get_by_role("button", name=reset).click()
    expect(image).to_have_attribute("src", first, timeout=20_000)
