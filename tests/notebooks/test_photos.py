"""Lesson 06 with weights in TORCH_HOME and the learner's own photos: what happens online, without a network."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from kernel import cell, kernel, released, says, solved
from PIL import Image

from resnet_course.transfer import pretrained_weights

pytestmark = [pytest.mark.notebook, pytest.mark.xdist_group("photos")]

LESSON = "06_transfer_learning"
MODES = ("RGB", "L", "CMYK", "RGBA", "P", "I;16")


def paint(folder: Path) -> None:
    """Make photos of two classes, horizontal and vertical stripes, in mixed sizes and modes, and one that is broken."""
    draw = np.random.default_rng(0)
    for number in range(20):
        for name, axis in {"horizontal": 0, "vertical": 1}.items():
            height, width = (int(side) for side in draw.integers(60, 200, 2))
            place = np.indices((height, width))[axis]
            grey = (127 + 100 * np.sin(place / 3) + draw.normal(0, 10, (height, width))).clip(0, 255).astype(np.uint8)
            mode = MODES[number % len(MODES)]
            made = (
                Image.fromarray(grey.astype(np.uint16) * 256) if mode == "I;16" else Image.fromarray(grey).convert(mode)
            )
            (folder / name).mkdir(parents=True, exist_ok=True)
            made.save(folder / name / f"{number:02}.{'jpg' if mode in ('RGB', 'CMYK') else 'png'}")
    (folder / "vertical" / "broken.jpg").write_bytes(b"half a photo")


@pytest.mark.parametrize("language", ["en", "pt"])
def test_photos_of_any_kind_with_weights_on_this_machine(tmp_path: Path, language: str) -> None:
    checkpoints = tmp_path / "home" / "hub" / "checkpoints"
    checkpoints.mkdir(parents=True)
    torch.manual_seed(0)
    file = pretrained_weights("resnet18").url.rpartition("/")[2]
    torch.save(torchvision.models.resnet18().state_dict(), checkpoints / file)
    paint(tmp_path / "my_photos")
    notebook = solved(LESSON, language)
    cells = [each for each in notebook.cells if each.cell_type == "code"]
    first = next(n for n, each in enumerate(cells) if "FOLDER = None" in each.source)
    last = next(n for n, each in enumerate(cells) if "plots.heat_maps(pixels" in each.source)
    before = [cell(released(LESSON, language), "setup"), cells[1], *(e for e in cells if e.id.endswith("-answer"))]

    with kernel(tmp_path, env=os.environ | {"TORCH_HOME": str(tmp_path / "home")}) as session:
        for each in before:
            assert session.run(each.source).error is None
        said = ""
        for each in cells[first : last + 1]:
            # Also what only a GPU does in class: fine-tuning everything, and small photos, to be quick.
            source = each.source.replace("FOLDER = None", 'FOLDER = "my_photos"').replace("if GPU:", "if True:")
            shown = session.run(
                source.replace("batch_size=12", "batch_size=8, image_size=64").replace("epochs=5)", "epochs=1)")
            )
            assert shown.error is None, shown.text
            said += shown.text
        moved = session.run("print(all(each.requires_grad for each in tuned.parameters()))").text

    assert "horizontal: 20, vertical: 20" in said
    assert "broken.jpg" in said
    assert "ResNet18_Weights.IMAGENET1K_V1" in said
    assert not says(said, "common.weights.random", language)
    assert "ImageClassification" in said
    assert moved.strip() == "True"
