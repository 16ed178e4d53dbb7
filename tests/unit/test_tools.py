"""The small tools that lessons use: data, shape tables, comparisons, figures, the setup line, the command."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import resnet_course
from resnet_course import blocks, data, machine, notebook, plots
from resnet_course.cli import main
from resnet_course.compare import first_divergence
from resnet_course.language import languages, message, speaking
from resnet_course.shapes import record_calls, shape_table

MODULES = [info.name for info in pkgutil.walk_packages(resnet_course.__path__, "resnet_course.")]


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_in_docstrings_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


LEARNERS = [name for name in MODULES if name.split(".")[1] not in ("authoring", "grading", "checks", "cli")]


@pytest.mark.parametrize("name", LEARNERS)
def test_every_public_name_has_an_example(name: str) -> None:
    module = importlib.import_module(name)
    public = {
        each: thing
        for each, thing in vars(module).items()
        if not each.startswith("_") and callable(thing) and getattr(thing, "__module__", "") == name
    }
    # An alias of a type, such as Loader, has no docstring of its own.
    without = [each for each, thing in public.items() if ">>> " not in (thing.__doc__ or "")]

    assert without == []


def test_mnist_5k_is_500_real_digits_of_each_class() -> None:
    images, labels = data.mnist5k()

    assert images.shape == (5000, 1, 28, 28)
    assert images.dtype == torch.float32
    assert (float(images.min()), float(images.max())) == (0, 1)
    assert labels.bincount().tolist() == [500] * 10


def test_changing_a_digit_changes_nothing_for_the_next_caller() -> None:
    data.digit(3).zero_()

    assert data.digit(3).sum() > 0


@pytest.mark.parametrize(("label", "index"), [(10, 0), (-1, 0), (3, 500)])
def test_an_absent_digit_is_an_error_that_says_what_there_is(label: int, index: int) -> None:
    with pytest.raises(ValueError, match=r"digits 0 to 9|images 0 to 499"):
        data.digit(label, index)


def test_record_calls_sees_the_layers_in_the_order_in_which_they_run() -> None:
    block = blocks.BasicBlock(2, 4, 2, blocks.make_shortcut(2, 4, 2))
    names = [call.name for call in record_calls(block, torch.zeros(1, 2, 6, 6))]

    assert names == ["conv1", "bn1", "relu", "conv2", "bn2", "downsample.0", "downsample.1", "relu", ""]


def test_record_calls_leaves_no_hook_behind_even_after_an_error() -> None:
    block = blocks.BasicBlock(2, 2)
    with pytest.raises(RuntimeError):
        record_calls(block, torch.zeros(1, 3, 6, 6))

    assert not any(module._forward_hooks or module._forward_pre_hooks for module in block.modules())


def test_the_shape_table_speaks_the_learners_language() -> None:
    with speaking("pt"):
        table = shape_table(blocks.BasicBlock(4, 4), torch.zeros(1, 4, 5, 5))

    assert list(table.columns) == ["tipo", "entrada", "saída", "parâmetros"]
    assert table.iloc[0]["parâmetros"] == "144"


class NoMiddleRelu(blocks.BasicBlock):
    def forward(self, x: Tensor) -> Tensor:
        out = self.bn2(self.conv2(self.bn1(self.conv1(x))))
        return self.relu(out + x)


def verdicts(model: nn.Module, reference: nn.Module, x: Tensor) -> list[tuple[str, str]]:
    table = first_divergence(model, reference, x)
    return list(zip(table.index, table["verdict"], strict=True))


def test_first_divergence_marks_the_first_layer_that_differs() -> None:
    found = verdicts(NoMiddleRelu(4, 4), blocks.BasicBlock(4, 4), torch.randn(1, 4, 6, 6))

    assert found == [
        ("conv1", "same"),
        ("bn1", "same"),
        ("relu", "missing ← first difference"),
        ("conv2", "differs"),
        ("bn2", "differs"),
        ("relu", "differs"),
        ("output", "differs"),
    ]


def test_first_divergence_marks_a_layer_too_many_where_it_runs() -> None:
    class ReluFirst(blocks.BasicBlock):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(self.relu(x))

    found = verdicts(ReluFirst(4, 4), blocks.BasicBlock(4, 4), torch.randn(1, 4, 6, 6))

    assert found[:2] == [("relu", "not in the reference ← first difference"), ("conv1", "differs")]


def test_first_divergence_of_a_block_without_norm_lasts_to_the_output() -> None:
    class NoNorm(blocks.BasicBlock):
        def __init__(self, inplanes: int, planes: int) -> None:
            super().__init__(inplanes, planes)
            self.bn1 = self.bn2 = nn.Identity()  # type: ignore[assignment]

    found = verdicts(NoNorm(4, 4), blocks.BasicBlock(4, 4), torch.randn(1, 4, 6, 6))

    assert found[1] == ("bn1", "missing ← first difference")
    assert found[-1] == ("output", "differs")


def test_first_divergence_of_equal_blocks_finds_none() -> None:
    found = verdicts(blocks.BasicBlock(4, 4), blocks.BasicBlock(4, 4), torch.randn(1, 4, 6, 6))

    assert {verdict for _, verdict in found} == {"same"}


def test_first_divergence_can_show_the_rows_around_it_only() -> None:
    model, reference, x = NoMiddleRelu(4, 4), blocks.BasicBlock(4, 4), torch.randn(1, 4, 6, 6)

    assert list(first_divergence(model, reference, x, around=1).index) == ["bn1", "relu", "conv2"]
    assert len(first_divergence(reference, reference, x, around=1)) == 7


def test_first_divergence_changes_neither_model() -> None:
    model = blocks.BasicBlock(4, 4)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    first_divergence(model, blocks.BasicBlock(4, 4), torch.randn(1, 4, 6, 6))

    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_figures_carry_alt_text_and_the_learners_decimal_mark() -> None:
    with speaking("pt"):
        picture = plots.lines(
            "03_basic_block.figures.signal", [0, 1], {"before": [0.5, 2.5], "after": [0.5, 1.5]},
            colors={"before": "residual", "after": "plain"}, figures={"before": 2.5, "after": 1.5},
        )  # fmt: skip

    assert picture.alt.startswith("Gráfico de linhas")
    assert "1,5 contra 2,5" in picture.figure.axes[0].get_title(loc="left")


def test_a_block_diagram_draws_the_layers_that_ran() -> None:
    block = blocks.BasicBlock(2, 4, 2, blocks.make_shortcut(2, 4, 2))
    picture = plots.block_diagram("03_basic_block.figures.block-projected", block, torch.zeros(1, 2, 8, 8))
    texts = {text.get_text() for text in picture.figure.axes[0].texts}

    assert {"conv 3×3 /2", "conv1", "conv 1×1 /2", "downsample.0", "2×8×8", "4×4×4", "+"} <= texts


def test_the_colours_are_okabe_and_itos() -> None:
    palette = {"#E69F00", "#56B4E9", "#009E73", "#F0E442", "#0072B2", "#D55E00", "#CC79A7"}

    assert set(plots.COLORS.values()) - {plots.COLORS["neutral"]} <= palette
    assert len(set(plots.COLORS.values())) == len(plots.COLORS)


def test_the_setup_line_names_versions_device_and_network(capsys: pytest.CaptureFixture[str]) -> None:
    notebook.start("03_basic_block", language="pt")
    line = capsys.readouterr().out

    assert line.count("\n") == 1
    for part in ("resnet-course ", "Python ", f"torch {torch.__version__}", "torchvision ", "-line"):
        assert part in line


def test_the_setup_cell_refuses_an_unknown_lesson_or_language() -> None:
    with pytest.raises(ValueError, match="the lessons are: 00_start_here, 01_vanishing_gradient"):
        notebook.start("99_nothing", language="en")
    with pytest.raises(ValueError, match="the course speaks: en, pt"):
        notebook.start("03_basic_block", language="fr")


def test_an_unknown_language_is_refused_in_every_language_that_there_is() -> None:
    with pytest.raises(ValueError) as refused:
        notebook.start("03_basic_block", language="fr")
    said = str(refused.value).splitlines()

    assert len(said) == len(languages())
    for line, code in zip(said, languages(), strict=True):
        with speaking(code):
            assert line == message("common.setup.unknown-language", language="fr", known="en, pt")


def test_no_network_is_noticed_quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(machine.socket, "create_connection", refuse)
    assert not machine.is_online()


def test_importing_the_package_loads_nothing_heavy_but_torch() -> None:
    code = "import sys, resnet_course; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    heavy = {"torchvision", "matplotlib", "pandas", "sklearn", "mlxtend", "IPython", "nbgrader", "jupytext", "nbformat"}
    assert heavy & set(loaded) == set()


def test_learners_modules_never_import_the_authors_or_the_graders_part() -> None:
    package = Path(resnet_course.__file__).parent
    learners = [
        path for path in package.rglob("*.py") if path.relative_to(package).parts[0] not in ("authoring", "grading")
    ]
    for path in learners:
        if path.name == "cli.py":
            continue
        text = path.read_text(encoding="utf-8")
        assert "resnet_course.authoring" not in text, path
        assert "resnet_course.grading" not in text, path


def test_the_command_outside_a_course_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)

    assert main(["build"]) == 1
    assert "run this in the root of the course" in capsys.readouterr().err


def test_the_command_lists_the_lessons_for_an_unknown_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(Path(resnet_course.__file__).parents[1])

    assert main(["build", "--check", "99_nothing"]) == 1
    assert "there is no lesson '99_nothing'; the lessons are: 00_start_here, 01" in capsys.readouterr().err


@pytest.mark.parametrize("readme", ["README.md", "README.pt-BR.md"])
def test_the_readmes_name_every_module_that_lessons_import(readme: str) -> None:
    text = (Path(resnet_course.__file__).parents[1] / readme).read_text(encoding="utf-8")
    # Drawn with through `plots` and `lessons`; called by the setup cell and by everything that speaks.
    inner = {
        "drawing",
        "pictures",
        "diagrams",
        "notebook",
        "explain",
        "language",
        "release",
        "restart",
        "tables",
        "thumbnails",
    }
    modules = {name.split(".")[1] for name in LEARNERS if name.count(".") == 1} - inner

    assert {name for name in modules if f"`{name}`" not in text} == set()
