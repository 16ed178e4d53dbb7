"""What a net costs, as lesson 07 counts it, and its small Transformer."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.autograd.graph import saved_tensors_hooks
from torchvision.models import get_model_weights

from resnet_course import trainings
from resnet_course.cost import count_cost, memory_per_image, time_per_image
from resnet_course.experiments import small_net, train_nets, train_small_nets
from resnet_course.explorers import find_presets
from resnet_course.language import speaking
from resnet_course.mlp import deep_mlp
from resnet_course.resnet import create_resnet
from resnet_course.small_nets import create_small_resnet
from resnet_course.small_transformer import SmallTransformer, TransformerBlock, cut_into_tokens
from resnet_course.trade_offs import DEPTHS, dial_cost, draw_dials, net_figures


@pytest.mark.parametrize(
    ("architecture", "dials"),
    [
        ("resnet50", (50, 64, 1)),
        ("resnet101", (101, 64, 1)),
        ("resnet152", (152, 64, 1)),
        ("resnext50_32x4d", (50, 4, 32)),
        ("resnext101_32x8d", (101, 8, 32)),
        ("wide_resnet50_2", (50, 128, 1)),
        ("wide_resnet101_2", (101, 128, 1)),
    ],
)
def test_the_dials_reach_every_net_of_the_family_and_know_its_price(
    architecture: str, dials: tuple[int, int, int]
) -> None:
    with torch.device("meta"):
        counted = count_cost(create_resnet(architecture))

    assert dial_cost(*dials) == (counted.parameters, counted.macs)


@pytest.mark.parametrize("architecture", ["resnet18", "resnet50", "resnext50_32x4d", "wide_resnet50_2"])
def test_the_figures_agree_with_torchvisions_own(architecture: str) -> None:
    official, found = get_model_weights(architecture)["IMAGENET1K_V1"].meta, net_figures(architecture)

    assert found["parameters"] == pytest.approx(official["num_params"] / 1e6, abs=0.005)
    assert found["gmacs"] == pytest.approx(official["_ops"], abs=0.006)  # called GFLOPS there
    assert 100 - found["error"] == pytest.approx(official["_metrics"]["ImageNet-1K"]["acc@1"])


def test_a_figure_that_is_changed_changes_nothing_for_others() -> None:
    net_figures("resnet18")["error"] = 0.0

    assert net_figures("resnet18")["error"] > 30


def test_an_unknown_net_is_refused_with_the_known_names() -> None:
    with pytest.raises(ValueError, match="resnext50_32x4d"):
        net_figures("resnet51")


def kept_for_real(model: nn.Module, x: Tensor) -> int:
    """Return the bytes that a forward pass on the CPU really keeps."""
    own = {each.untyped_storage().data_ptr() for each in (*model.parameters(), *model.buffers())}
    kept: dict[int, Any] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage
        return tensor

    with saved_tensors_hooks(keep, lambda tensor: tensor):
        model.train()(x)
    return sum(storage.nbytes() for storage in kept.values())


@pytest.mark.parametrize("name", ["resnet18", "resnext50_32x4d", "small"])
def test_memory_is_what_a_real_pass_keeps(name: str) -> None:
    model = create_small_resnet(20, in_channels=3) if name == "small" else create_resnet(name)

    counted = 8 * memory_per_image(model, (1, 3, 64, 64))

    assert counted == pytest.approx(kept_for_real(model, torch.randn(8, 3, 64, 64)), rel=0.01)


def test_counting_memory_leaves_the_model_as_it_is() -> None:
    model = create_small_resnet(8).eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    memory_per_image(model, (1, 3, 32, 32))

    assert not model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_a_frozen_net_keeps_less() -> None:
    model = create_small_resnet(8)
    whole = memory_per_image(model, (1, 3, 32, 32))
    model.requires_grad_(False)

    assert memory_per_image(model, (1, 3, 32, 32)) == 0 < whole


def test_time_is_measured_for_each_model_and_printed_with_the_languages_marks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    models = {"one": nn.Flatten(), "other": deep_mlp(40, 64, nn.ReLU)}
    with speaking("pt"):
        seconds = time_per_image(models, torch.zeros(4, 1, 28, 28))
    printed = capsys.readouterr().out.splitlines()

    assert 0 < seconds["one"] < seconds["other"]
    assert [line.split()[0] for line in printed] == ["one:", "other:"]
    assert printed[1] == f"other: {1000 * seconds['other']:.3g} ms".replace(".", ",")


def test_milliseconds_are_not_printed_where_there_are_no_progress_bars(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TQDM_DISABLE", "1")  # as where lessons are built; tqdm's bars for notebooks do not ask for it
    time_per_image({"one": nn.Flatten()}, torch.zeros(4, 1, 28, 28))

    assert capsys.readouterr().out == ""


def test_the_explorer_starts_with_resnet_50() -> None:
    values = {"depth": list(DEPTHS), "width": [4, 64], "cardinality": [1, 32]}

    assert find_presets(draw_dials, values) == {"depth": 50, "width": 64, "cardinality": 1}


def test_the_picture_of_the_dials_speaks_portuguese_too() -> None:
    with speaking("pt"):
        picture = draw_dials(26, 8, 4)

    assert "caminhos" in picture.alt


def test_a_transformer_without_shortcuts_has_the_same_weights() -> None:
    torch.manual_seed(0)
    plain, residual = SmallTransformer(3, shortcut=False), SmallTransformer(3)
    residual.load_state_dict(plain.state_dict())
    x = torch.randn(2, 1, 28, 28)

    assert not torch.allclose(plain(x), residual(x))


def test_a_block_adds_what_its_two_steps_give() -> None:
    torch.manual_seed(0)
    block, x = TransformerBlock(8, heads=2).eval(), torch.randn(2, 5, 8)
    with torch.no_grad():
        normed = block.norm1(x)
        middle = x + block.attention(normed, normed, normed)[0]
        wanted = middle + block.mlp(block.norm2(middle))

        assert torch.allclose(block(x), wanted, atol=1e-6)


@pytest.mark.parametrize("attention", [True, False])
def test_a_token_learns_of_another_only_by_attention(attention: bool) -> None:
    torch.manual_seed(0)
    block, x = TransformerBlock(8, heads=2, attention=attention).eval(), torch.randn(1, 5, 8)
    changed = torch.cat([x[:, :4], torch.zeros(1, 1, 8)], dim=1)

    assert torch.allclose(block(x)[:, :4], block(changed)[:, :4]) is not attention


def test_tokens_are_pairs_of_rows() -> None:
    digits = torch.rand(3, 1, 28, 28)

    assert torch.equal(cut_into_tokens(digits)[:, 2], digits[:, 0, 4:6].flatten(1))


@pytest.mark.parametrize("sizes", [{"depth": 0}, {"depth": 2, "width": 10, "heads": 4}])
def test_sizes_that_do_not_fit_are_refused(sizes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="heads"):
        SmallTransformer(**sizes)


@pytest.mark.parametrize("name", ["residual-14-0", "residual-14-2-2", "wide-14", "residual-x"])
def test_a_name_that_is_no_net_is_refused_before_any_training(name: str) -> None:
    with pytest.raises(ValueError, match="residual-14-2"):
        train_small_nets(["residual-8", name])


def test_a_widening_factor_makes_every_stage_wider() -> None:
    thin, wide = small_net("residual-8"), small_net("residual-8-3")

    for narrow, broad in zip(thin.parameters(), wide.parameters(), strict=True):
        assert broad.shape[0] in (3 * narrow.shape[0], 10)  # as many classes as before


def test_training_any_nets_repeats_with_the_seed() -> None:
    made = {"mlp": lambda: deep_mlp(2, 16, nn.ReLU)}
    first = train_nets(made, seeds=[0, 1], images=200, epochs=3)["mlp"]
    trainings.forget()
    again = train_nets(made, seeds=[0, 1], images=200, epochs=3)["mlp"]

    assert [run.train_error for run in first] == [run.train_error for run in again]
