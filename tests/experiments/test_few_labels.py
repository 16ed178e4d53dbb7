"""Lesson 06's claims: a trained backbone beats training from scratch with few labels, rates wreck, statistics move."""

from __future__ import annotations

import copy
from functools import cache, partial
from statistics import mean

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

from resnet_course import few_labels
from resnet_course.data import mnist5k, random_crop_flip
from resnet_course.evaluation import accuracy
from resnet_course.grad_cam import grad_cam
from resnet_course.mlp import deep_mlp, initialise_linear
from resnet_course.transfer import replace_head

pytestmark = [pytest.mark.training, pytest.mark.xdist_group("training")]

SEEDS = (0, 1, 2)


@cache
def source() -> nn.Module:
    return few_labels.train_on_mnist()


@cache
def study(count: int) -> dict[str, list[float]]:
    measured = few_labels.study(
        {way: partial(few_labels.prepare, way, source()) for way in few_labels.WAYS}, count, seeds=SEEDS
    )
    print(f"{count} a class:", {way: [f"{share:.1%}" for share in shares] for way, shares in measured.items()})
    return measured


@cache
def tuned_with(rate: float) -> float:
    start = partial(few_labels.prepare, "tuned", source(), backbone_lr=rate)
    return mean(few_labels.study({"tuned": start}, 2, seeds=SEEDS)["tuned"])


def test_the_trained_net_knows_mnist_and_reads_other_digits_much_worse_but_better_than_guessing() -> None:
    assert accuracy(source(), few_labels.mnist_held_out()) > 0.95
    assert 0.2 < accuracy(source(), few_labels.held_out()) < 0.8


@pytest.mark.parametrize("seed", SEEDS)
def test_with_two_labels_a_class_transfer_beats_scratch_on_every_seed(seed: int) -> None:
    measured = study(2)

    for way in ("frozen", "tuned"):
        assert measured[way][seed] > measured["scratch"][seed] + 0.07


def test_the_fewer_the_labels_the_larger_the_lead() -> None:
    lead = {count: mean(study(count)["tuned"]) - mean(study(count)["scratch"]) for count in (2, 5, 20)}

    assert lead[2] > lead[5] > lead[20] > 0


def test_with_twenty_labels_a_class_the_frozen_backbone_is_the_worst_way() -> None:
    measured = {way: mean(shares) for way, shares in study(20).items()}

    assert measured["tuned"] > measured["scratch"] > measured["frozen"]


def test_fine_tuning_beats_the_frozen_backbone() -> None:
    for count in (2, 5, 20):
        assert mean(study(count)["tuned"]) > mean(study(count)["frozen"])


def test_too_high_a_rate_wrecks_the_backbone() -> None:
    rates = {rate: tuned_with(rate) for rate in (0.005, 0.1, 1.0)}
    frozen = mean(study(2)["frozen"])
    print(f"frozen {frozen:.1%}", {rate: f"{share:.1%}" for rate, share in rates.items()})

    assert min(rates, key=lambda rate: rates[rate]) == 1.0
    assert rates[1.0] < frozen - 0.05


def test_a_head_that_was_trained_first_does_not_save_the_backbone_from_such_a_rate() -> None:
    rate, heads = 1.0, {}
    for seed in SEEDS:
        net, optimizer = few_labels.prepare("frozen", source(), seed)
        few_labels.learn(net, optimizer, 2, seed)
        heads[seed] = net.get_submodule("fc").state_dict()

    def start(seed: int) -> tuple[nn.Module, Optimizer]:
        net, optimizer = few_labels.prepare("tuned", source(), seed, backbone_lr=rate)
        net.get_submodule("fc").load_state_dict(heads[seed])
        return net, optimizer

    with_head = mean(few_labels.study({"head first": start}, 2, seeds=SEEDS)["head first"])
    frozen = mean(study(2)["frozen"])
    print(f"rate {rate}: random head {tuned_with(rate):.1%}, trained head {with_head:.1%}, frozen {frozen:.1%}")

    assert with_head < frozen - 0.05
    assert tuned_with(rate) < frozen - 0.05


def trapped(seed: int) -> tuple[nn.Module, Optimizer]:
    torch.manual_seed(seed)
    net = replace_head(copy.deepcopy(source()), 10).requires_grad_(False)
    net.fc.requires_grad_(True)
    return net, SGD(net.fc.parameters(), lr=0.05, momentum=0.9)


@pytest.mark.parametrize("seed", SEEDS)
def test_moving_statistics_cost_the_backbone_part_of_its_old_task(seed: int) -> None:
    net, optimizer = trapped(seed)
    few_labels.learn(net, optimizer, count=2, seed=seed)
    net.fc = source().fc
    before, after = (accuracy(each, few_labels.mnist_held_out()) for each in (source(), net))
    print(f"seed {seed}: MNIST {before:.1%} before, {after:.1%} after training in the trap")

    assert after < before - 0.02


def test_but_do_no_harm_on_the_new_digits() -> None:
    moved = mean(few_labels.study({"trapped": trapped}, 5, seeds=SEEDS)["trapped"])

    assert moved > mean(study(5)["frozen"]) - 0.02


# Each seed draws its own twenty images, and what augmentation gains differs widely from draw to draw: -7 to +15 points.
DRAWS = range(12)


def test_augmentation_helps_from_scratch_on_average_though_not_in_every_draw() -> None:
    scratch = partial(few_labels.prepare, "scratch", None)
    measured = few_labels.study(
        {"bare": scratch, "augmented": scratch},
        2,
        seeds=DRAWS,
        steps=90,
        transforms={"augmented": random_crop_flip(padding=2, flip=False)},
    )
    gains = [with_it - without for with_it, without in zip(measured["augmented"], measured["bare"], strict=True)]
    print(f"augmentation gains {100 * mean(gains):.1f} points:", [f"{100 * gain:+.1f}" for gain in gains])

    assert mean(gains) > 0
    assert sum(gain > 0 for gain in gains) > len(gains) / 2
    assert mean(study(2)["tuned"]) > mean(measured["augmented"]) + 0.05


def test_weight_decay_gains_nothing_in_so_short_a_training() -> None:
    start = partial(few_labels.prepare, "scratch", None, weight_decay=0.01)
    decayed = mean(few_labels.study({"decay": start}, 2, seeds=SEEDS)["decay"])
    print(f"from scratch {mean(study(2)['scratch']):.1%}, with weight decay {decayed:.1%}")

    assert decayed < mean(study(2)["scratch"]) + 0.015


@pytest.mark.parametrize("seed", SEEDS)
def test_a_net_of_linear_layers_grows_surer_of_its_mistakes_and_early_stopping_saves_time(seed: int) -> None:
    torch.manual_seed(seed)
    net = initialise_linear(deep_mlp(4, 64, nn.ReLU), "he")
    optimizer = SGD(net.parameters(), lr=0.05, momentum=0.9)
    history = few_labels.learn(net, optimizer, 2, seed, steps=100, validation=few_labels.held_out())
    losses, accuracies = history.validation_loss, history.validation_accuracy
    best = losses.index(min(losses))
    print(f"seed {seed}: loss {losses[best]:.2f} after epoch {best + 1}, {losses[-1]:.2f} after {len(losses)}")

    assert best < len(losses) / 3
    assert losses[-1] > 1.3 * losses[best]
    assert abs(accuracies[-1] - accuracies[best]) < 0.06


@pytest.mark.parametrize("seed", SEEDS)
def test_from_scratch_and_fine_tuned_a_net_learns_its_few_images_by_heart_and_only_scratch_fails_on_others(
    seed: int,
) -> None:
    others = {}
    for way in ("scratch", "tuned"):
        net, optimizer = few_labels.prepare(way, source(), seed)
        few_labels.learn(net, optimizer, 2, seed)
        others[way] = accuracy(net, few_labels.held_out())

        assert accuracy(net, few_labels.labelled(2, seed)[0]) > 0.95
    assert others["scratch"] < 0.75
    assert others["tuned"] > others["scratch"] + 0.07


def test_the_higher_the_rate_the_farther_the_convolutions_are_carried() -> None:
    def moved(net: nn.Module, _: object) -> float:
        old, new = (
            torch.cat([each.detach().flatten() for each in some.parameters() if each.dim() == 4])
            for some in (source(), net)
        )
        return ((new - old).norm() / old.norm()).item()

    starts = {
        rate: partial(few_labels.prepare, "tuned", source(), backbone_lr=float(rate)) for rate in ("0.005", "0.1", "1")
    }
    far = {rate: mean(each) for rate, each in few_labels.study(starts, 2, moved, seeds=SEEDS).items()}
    print({rate: f"{share:.0%}" for rate, share in far.items()})

    assert far["0.005"] < 0.1
    assert far["1"] > 0.5


# --- what learners ask --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_right_in_train_mode_and_wrong_in_eval_mode_is_a_matter_of_the_statistics(seed: int) -> None:
    net, optimizer = few_labels.prepare("scratch", None, seed)
    few_labels.learn(net, optimizer, 2, seed, steps=20)
    own = few_labels.labelled(2, seed)[0]
    running = copy.deepcopy(net).train()
    with torch.no_grad():
        answers = [running(own.images) for _ in range(50)]
    in_train_mode = (answers[0].argmax(1) == own.labels).float().mean().item()

    assert in_train_mode > 0.7
    assert accuracy(net, own) < 0.4
    assert accuracy(running, own) > 0.7  # the same weights, other buffers


def with_conv1(weight: Tensor) -> nn.Module:
    net = copy.deepcopy(source())
    net.conv1 = nn.Conv2d(weight.shape[1], len(weight), 3, stride=2, padding=1, bias=False)
    net.conv1.weight = nn.Parameter(weight.detach().clone())
    return net


@pytest.mark.parametrize("seed", SEEDS)
def test_a_conv1_for_other_channels_keeps_what_the_net_knows_if_its_weights_are_kept(seed: int) -> None:
    torch.manual_seed(seed)
    grey, weight = few_labels.mnist_held_out(), source().get_submodule("conv1").weight
    rgb, shared = grey.images.repeat(1, 3, 1, 1), weight.repeat(1, 3, 1, 1) / 3
    four = torch.cat([rgb, torch.rand_like(grey.images)], 1)
    before = accuracy(source(), grey)

    assert accuracy(with_conv1(shared), [(rgb, grey.labels)]) == pytest.approx(before, abs=0.003)
    with_zeros = with_conv1(torch.cat([shared, torch.zeros_like(weight)], 1))
    assert accuracy(with_zeros, [(four, grey.labels)]) == pytest.approx(before, abs=0.003)
    assert accuracy(with_conv1(nn.Conv2d(3, 16, 3).weight), [(rgb, grey.labels)]) < 0.5


def test_the_net_runs_on_other_sizes_and_reads_only_the_one_it_was_trained_on() -> None:
    digits = few_labels.mnist_held_out()
    resize = partial(F.interpolate, mode="bilinear", antialias=True)
    enlarged = resize(digits.images, size=56)
    forms = {"enlarged": enlarged, "framed": F.pad(digits.images, [14] * 4), "restored": resize(enlarged, size=28)}
    read = {name: accuracy(source(), [(form, digits.labels)]) for name, form in forms.items()}
    print(read)

    assert read["enlarged"] < 0.8
    assert read["framed"] < 0.8
    assert read["restored"] > 0.93


def still(norm: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    norm.eval()


def negative(net: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor]:
    return (1 - inputs[0],)


def rescaled(scale: float, shift: float, net: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor]:
    return (scale * inputs[0] + shift,)


def unfrozen(parts: tuple[str, ...], far: bool, seed: int) -> tuple[nn.Module, Optimizer]:
    net, optimizer = few_labels.prepare("tuned", source(), seed)
    for name, part in net.named_children():
        if name not in parts:
            part.requires_grad_(False)
            for module in part.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.register_forward_pre_hook(still)
    if far:
        net.register_forward_pre_hook(negative)
    return net, optimizer


def trapped_far(seed: int) -> tuple[nn.Module, Optimizer]:
    net, optimizer = trapped(seed)
    net.register_forward_pre_hook(negative)
    return net, optimizer


def test_unfreezing_gains_little_near_the_old_images_and_most_of_it_with_the_last_stage_far_from_them() -> None:
    everything = ("fc", "layer3", "layer2", "layer1", "bn1", "conv1")
    starts = {f"{count} {far}": partial(unfrozen, everything[:count], far) for count in (1, 2, 6) for far in (0, 1)}
    starts["statistics"] = trapped_far
    means = {name: mean(shares) for name, shares in few_labels.study(starts, 5, seeds=SEEDS).items()}
    print({name: f"{share:.1%}" for name, share in means.items()})

    assert means["6 0"] - means["1 0"] < 0.08
    assert means["1 1"] < 0.5
    assert means["6 1"] - means["1 1"] > 0.2
    assert means["2 1"] - means["1 1"] > 0.6 * (means["6 1"] - means["1 1"])
    assert means["statistics"] - means["1 1"] > 0.3 * (means["6 1"] - means["1 1"])  # no weight of the backbone


def test_own_statistics_cost_little_and_a_forgotten_scaling_much_where_the_backbone_is_frozen() -> None:
    old, new = mnist5k()[0], few_labels.framed_digits()[0]
    (mean_, std), factor = (old.mean().item(), old.std().item()), old.std().item() / new.std().item()
    scales = {"own": (factor, mean_ - new.mean().item() * factor), "forgotten": (std, mean_)}

    def scaled(way: str, scale: float, shift: float, seed: int) -> tuple[nn.Module, Optimizer]:
        net, optimizer = few_labels.prepare(way, source(), seed)
        net.register_forward_pre_hook(partial(rescaled, scale, shift))
        return net, optimizer

    pairs = [("frozen", "own"), ("frozen", "forgotten"), ("tuned", "forgotten")]
    starts = {f"{way} {name}": partial(scaled, way, *scales[name]) for way, name in pairs}
    means = {name: mean(shares) for name, shares in few_labels.study(starts, 5, seeds=SEEDS).items()}
    frozen, tuned = (mean(study(5)[way]) for way in ("frozen", "tuned"))
    print({name: f"{share:.1%}" for name, share in means.items()})

    assert abs(means["frozen own"] - frozen) < 0.03
    assert frozen - means["frozen forgotten"] > 0.15
    assert abs(means["tuned forgotten"] - tuned) < 0.03


@pytest.mark.parametrize("seed", SEEDS)
def test_hiding_the_hot_places_costs_more_than_hiding_a_random_quarter_or_the_cold_ones(seed: int) -> None:
    net, optimizer = few_labels.prepare("tuned", source(), seed)
    few_labels.learn(net, optimizer, 20, seed)
    images = few_labels.held_out().images[:200]
    heat = grad_cam(net, images, layer=net.get_submodule("layer2"))
    noise = torch.rand(heat.shape, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        said = net.eval()(images).argmax(1, keepdim=True)
        left = {}
        for name, scores in {"hottest": heat, "random": noise, "coldest": -heat}.items():
            places = scores >= scores.flatten(1).quantile(0.75, 1)[:, None, None]
            answers = net(images.masked_fill(places[:, None], 0.0)).softmax(1)
            left[name] = answers.gather(1, said).mean().item()
    print(left)

    assert left["hottest"] < min(left["random"], left["coldest"]) - 0.1
