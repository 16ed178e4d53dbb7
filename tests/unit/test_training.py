"""`fit` trains as a hand-written loop does, keeps what it measured, and goes on where it was stopped."""

from __future__ import annotations

import copy
import errno
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import SGD, Adam
from torch.optim.lr_scheduler import StepLR

from resnet_course.data import Batches, mnist5k, random_crop_flip, split
from resnet_course.language import speaking
from resnet_course.small_nets import create_small_resnet
from resnet_course.training import History, choose_device, fit, progress_bar
from resnet_course.transfer import freeze_backbone, replace_head

images, labels = mnist5k()
(few_images, few_labels), (held_out_images, held_out_labels) = split(images[::20], labels[::20], 0.2)
TRAIN = Batches(few_images, few_labels, batch_size=32, shuffle=True)
HELD_OUT = Batches(held_out_images, held_out_labels, batch_size=50)


def small_net(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return create_small_resnet(8, width=4, in_channels=1, stem_stride=2)


def train(model: nn.Module, *args: Any, **settings: Any) -> History:
    return fit(model, *args, progress=False, device="cpu", **settings)


def same_weights(one: nn.Module, other: nn.Module) -> bool:
    mine, its = one.state_dict(), other.state_dict()
    return all(torch.equal(mine[name], its[name]) for name in its)


def test_fit_changes_the_weights_exactly_as_a_plain_loop_does() -> None:
    model, by_hand = small_net(), small_net()
    history = train(model, TRAIN, epochs=2, lr=0.1, seed=3)

    torch.manual_seed(3)
    optimizer = SGD(by_hand.parameters(), lr=0.1, momentum=0.9)
    losses: list[list[float]] = [[], []]
    for epoch in range(2):
        by_hand.train()
        for x, y in TRAIN:
            optimizer.zero_grad()
            loss = F.cross_entropy(by_hand(x), y)
            loss.backward()
            optimizer.step()
            losses[epoch] += [loss.item()] * len(y)

    assert same_weights(model, by_hand)
    assert history.train_loss == pytest.approx([sum(each) / len(each) for each in losses])


def test_a_seed_repeats_a_run_and_another_one_does_not() -> None:
    runs = []
    for seed in (1, 1, 2):
        model = small_net()
        train(model, TRAIN, epochs=1, seed=seed)
        runs.append(model)

    assert same_weights(runs[0], runs[1])
    assert not same_weights(runs[0], runs[2])


def test_the_history_holds_an_entry_for_each_epoch() -> None:
    model = small_net()
    history = train(model, TRAIN, HELD_OUT, epochs=3, seed=0)

    assert len(history) == len(history.seconds) == 3
    assert all(0 <= each <= 1 for each in history.train_accuracy + history.validation_accuracy)
    assert history.train_error == pytest.approx([1 - each for each in history.train_accuracy])
    # What the history says of the last epoch is what the model does now.
    from resnet_course.evaluation import evaluate

    assert evaluate(model, HELD_OUT) == (history.validation_loss[-1], history.validation_accuracy[-1])


def test_the_history_sums_itself_up_in_the_learners_language() -> None:
    history = History(train_loss=[1.5], train_accuracy=[0.25], validation_accuracy=[0.125])

    assert repr(history) == "epoch 1: training loss 1.500, training accuracy 25.0%, validation accuracy 12.5%"
    with speaking("pt"):
        assert "acurácia na validação 12,5%" in repr(history)
    assert repr(History()) == "epoch 0"


def test_the_history_becomes_a_table_in_the_learners_language() -> None:
    history = History(
        train_loss=[1.5, 0.25], train_accuracy=[0.25, 0.5], learning_rate=[0.05, 0.015], seconds=[8.1, 7.9]
    )
    english = history.table()
    with speaking("pt"):
        portuguese = history.table()

    assert list(english.columns) == ["training loss", "training accuracy", "learning rate"]
    assert list(english.loc["2"]) == ["0.250", "50.0%", "0.015"]
    assert list(portuguese.columns) == ["perda no treino", "acurácia no treino", "taxa de aprendizado"]
    assert list(portuguese.loc["2"]) == ["0,250", "50,0%", "0,015"]


def test_fit_learns() -> None:
    history = train(small_net(), TRAIN, epochs=20, seed=0)

    assert history.train_accuracy[-1] > 0.8


def test_an_optimizer_and_a_scheduler_of_ones_own_are_used() -> None:
    model = small_net()
    optimizer = Adam(model.parameters(), lr=0.01)
    history = train(model, TRAIN, epochs=3, optimizer=optimizer, scheduler=StepLR(optimizer, 1, gamma=0.1))

    assert history.learning_rate == pytest.approx([0.01, 0.001, 0.0001])


def test_frozen_parameters_stay_and_the_others_are_trained() -> None:
    model = small_net()
    model.layer1.requires_grad_(False)
    before = copy.deepcopy(model)
    train(model, TRAIN, epochs=1)

    pairs = list(zip(model.named_parameters(), before.parameters(), strict=True))
    assert all(torch.equal(now, then) == name.startswith("layer1.") for (name, now), then in pairs)


# --- an optimizer that was made too early ------------------------------------------------------------------------


def frozen_net() -> nn.Module:
    return freeze_backbone(small_net())


def test_an_optimizer_made_before_the_backbone_was_unfrozen_is_noticed(capsys: pytest.CaptureFixture[str]) -> None:
    model = frozen_net()
    optimizer = SGD([each for each in model.parameters() if each.requires_grad], lr=0.1)
    model.requires_grad_(True)
    before = copy.deepcopy(model)
    train(model, TRAIN, epochs=1, optimizer=optimizer)

    assert torch.equal(model.get_submodule("conv1").weight, before.get_submodule("conv1").weight)
    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "in the optimizer: 21 of 23 (`conv1.weight`, `bn1.weight`, `bn1.bias`, …)" in said
    assert "made too early" in said


def test_an_optimizer_made_before_the_head_was_replaced_is_noticed_in_the_learners_language(
    capsys: pytest.CaptureFixture[str],
) -> None:
    model = small_net()
    optimizer = SGD(model.parameters(), lr=0.1)
    replace_head(model, 10)
    with speaking("pt"):
        train(model, TRAIN, epochs=2, optimizer=optimizer)

    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert "mas não estão no otimizador: 2 de 23 (`fc.weight`, `fc.bias`)" in said


@pytest.mark.parametrize("held", ["all", "what can learn"])
def test_an_optimizer_that_lacks_only_what_is_frozen_is_not_remarked_upon(
    capsys: pytest.CaptureFixture[str], held: str
) -> None:
    model = frozen_net()
    optimizer = SGD([each for each in model.parameters() if held == "all" or each.requires_grad], lr=0.1)
    train(model, TRAIN, epochs=1, optimizer=optimizer)

    assert capsys.readouterr().out == ""


def test_an_optimizer_of_another_net_is_an_error_before_anything_is_trained() -> None:
    model = small_net()
    optimizer = SGD(copy.deepcopy(model).parameters(), lr=0.1)
    before = copy.deepcopy(model)

    with pytest.raises(ValueError, match=r"holds none of the model's parameters that can learn \(`conv1.weight`"):
        train(model, TRAIN, epochs=1, optimizer=optimizer)
    assert same_weights(model, before)


def test_a_net_that_is_frozen_whole_is_an_error_with_an_optimizer_too() -> None:
    model = small_net().requires_grad_(False)

    with pytest.raises(ValueError, match="are frozen"):
        train(model, TRAIN, epochs=1, optimizer=SGD(model.parameters(), lr=0.1))


class Stopped(Batches):
    """Batches at whose n-th a learner presses the stop button."""

    def __init__(self, stop_at: int) -> None:
        super().__init__(TRAIN.images, TRAIN.labels, TRAIN.batch_size, shuffle=True)
        self.left = stop_at

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        for batch in super().__iter__():
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt
            yield batch


def test_stopping_keeps_the_history_of_the_finished_epochs(capsys: pytest.CaptureFixture[str]) -> None:
    stopped = Stopped(stop_at=2 * len(TRAIN) + 3)
    history = train(small_net(), stopped, HELD_OUT, epochs=5, seed=0)

    assert history.interrupted
    assert len(history) == len(history.validation_loss) == len(history.seconds) == 2
    said = capsys.readouterr().out
    assert "2 of 5 epochs are finished" in said
    # Whoever calls `fit` and lets its result fall has no history.
    assert "the history that `fit` returns ends here" in said


@pytest.mark.parametrize("show", [True, False])
def test_a_bar_of_the_caller_is_moved_and_left_open_and_stopping_is_for_the_caller_to_say(
    capsys: pytest.CaptureFixture[str], show: bool
) -> None:
    with progress_bar(10 * len(TRAIN), show=show) as bar:
        bar.set_description_str("net 1 of 2")
        fit(small_net(), TRAIN, epochs=2, device="cpu", progress=bar)
        with pytest.raises(KeyboardInterrupt):
            fit(small_net(), Stopped(stop_at=2), epochs=1, device="cpu", progress=bar)
        left_open = capsys.readouterr().err
        bar.refresh()
    closed = capsys.readouterr()

    assert ("net 1 of 2" in left_open) == show
    assert (f" {2 * len(TRAIN) + 1}/{10 * len(TRAIN)} batches" in closed.err) == show
    assert closed.out == ""


@pytest.mark.parametrize("augment", [None, random_crop_flip(2, flip=False)], ids=["plain", "augmented"])
def test_a_run_that_was_stopped_and_resumed_ends_with_the_weights_of_one_that_was_not(
    tmp_path: Path, augment: Any
) -> None:
    def run(batches: Batches, file: Path) -> tuple[nn.Module, History]:
        batches.transform = augment
        model = small_net()
        optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)
        scheduler = StepLR(optimizer, 1, gamma=0.5)
        settings = {"epochs": 4, "seed": 0, "optimizer": optimizer, "scheduler": scheduler, "checkpoint": file}
        return model, train(model, batches, HELD_OUT, **settings)

    whole, whole_history = run(copy.copy(TRAIN), tmp_path / "whole.pt")
    _, first = run(Stopped(stop_at=2 * len(TRAIN) + 3), tmp_path / "runs" / "stopped.pt")
    torch.manual_seed(99)  # another day
    resumed, history = run(copy.copy(TRAIN), tmp_path / "runs" / "stopped.pt")

    assert first.interrupted
    assert not history.interrupted
    assert same_weights(resumed, whole)
    assert history.validation_loss == whole_history.validation_loss
    assert history.learning_rate == whole_history.learning_rate
    assert [each.name for each in (tmp_path / "runs").iterdir()] == ["stopped.pt"]


def test_a_finished_run_is_not_repeated(tmp_path: Path) -> None:
    first = train(small_net(), TRAIN, epochs=1, seed=0, checkpoint=tmp_path / "run.pt")
    model = small_net(seed=7)
    again = train(model, Stopped(stop_at=1), epochs=1, seed=0, checkpoint=tmp_path / "run.pt")

    assert again == first


def test_a_checkpoint_of_another_model_is_named_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "run.pt"
    train(small_net(), TRAIN, epochs=1, checkpoint=file)
    before = file.read_bytes()

    with pytest.raises(ValueError, match=r"run\.pt does not fit this run: .*Choose another file name"):
        train(create_small_resnet(14, width=4, in_channels=1), TRAIN, epochs=2, checkpoint=file)
    assert file.read_bytes() == before


def test_a_checkpoint_of_a_run_without_scheduler_does_not_fit_one_with(tmp_path: Path) -> None:
    train(small_net(), TRAIN, epochs=1, checkpoint=tmp_path / "run.pt")
    model = small_net()
    optimizer = SGD(model.parameters(), lr=0.1, momentum=0.9)

    with pytest.raises(ValueError, match="does not fit this run"):
        settings = {"optimizer": optimizer, "scheduler": StepLR(optimizer, 1), "checkpoint": tmp_path / "run.pt"}
        train(model, TRAIN, epochs=2, **settings)


def test_a_damaged_checkpoint_is_named(tmp_path: Path) -> None:
    (tmp_path / "run.pt").write_bytes(b"half a file")

    with pytest.raises(ValueError, match=r"run\.pt does not fit this run"):
        train(small_net(), TRAIN, epochs=1, checkpoint=tmp_path / "run.pt")


def test_a_checkpoint_that_cannot_be_written_is_an_error_before_the_training(tmp_path: Path) -> None:
    (tmp_path / "runs").write_text("a file where the folder should be")
    model = small_net()
    before = copy.deepcopy(model)

    with pytest.raises(OSError, match=r"run\.pt cannot be written \(a file is in the way\)"):
        train(model, TRAIN, epochs=1, checkpoint=tmp_path / "runs" / "run.pt")
    assert same_weights(model, before)


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "No space left"), RuntimeError("file write failed")])
def test_a_disk_that_fills_up_does_not_stop_the_training(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception
) -> None:
    file = tmp_path / "run.pt"
    train(small_net(), TRAIN, epochs=1, checkpoint=file)
    saved = file.read_bytes()

    def fill(state: Any, path: Path) -> None:
        path.write_bytes(b"half")
        raise error

    monkeypatch.setattr(torch, "save", fill)
    history = train(small_net(), TRAIN, epochs=3, checkpoint=file)

    assert len(history) == 3
    assert capsys.readouterr().out.count("can be saved") == 1
    assert {path.name for path in tmp_path.iterdir()} == {"run.pt"}
    assert file.read_bytes() == saved


def test_a_checkpoint_cannot_run_code(tmp_path: Path) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return Path.touch, (tmp_path / "ran",)

    torch.save(Evil(), tmp_path / "run.pt")
    with pytest.raises(ValueError, match="does not fit"):
        train(small_net(), TRAIN, epochs=1, checkpoint=tmp_path / "run.pt")
    assert not (tmp_path / "ran").exists()


def test_a_progress_bar_runs_over_all_epochs_and_counts_them(capsys: pytest.CaptureFixture[str]) -> None:
    fit(small_net(), TRAIN, epochs=2, device="cpu")
    shown = capsys.readouterr().err

    assert "epoch 2 of 2" in shown
    assert f"/{2 * len(TRAIN)}" in shown


def test_no_progress_bar_means_no_output(capsys: pytest.CaptureFixture[str]) -> None:
    train(small_net(), TRAIN, epochs=1)

    assert capsys.readouterr() == ("", "")


ONE = torch.zeros(2, 1, 8, 8)


class Silent(nn.Module):
    """Returns what it is told to, whatever it gets."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape))

    def forward(self, x: Tensor) -> Tensor:
        return self.weight + 0


@pytest.mark.parametrize(
    ("model", "batches", "settings", "words"),
    [
        (Silent(2, 3), [(ONE, torch.tensor([0, 1]))], {"epochs": 0}, "`epochs` is 0"),
        (Silent(2, 3), [(ONE, torch.tensor([0, 1]))], {"epochs": 1.5}, "`epochs` is 1.5"),
        (Silent(2, 3), [], {"epochs": 1}, "gave no batch"),
        (Silent(2, 3), [(ONE, torch.tensor([1, 3]))], {"epochs": 1}, "from 1 to 3, and the model has 3 outputs"),
        (Silent(2, 3), [(ONE, torch.tensor([0.0, 1.0]))], {"epochs": 1}, "torch.float32; they must be whole"),
        (Silent(2, 3, 4), [(ONE, torch.tensor([0, 1]))], {"epochs": 1}, r"\[2, 3, 4\] and the labels \[2\]"),
        (Silent(2, 3), [(ONE, torch.tensor([0, 1, 2]))], {"epochs": 1}, r"\[2, 3\] and the labels \[3\]"),
        (Silent(2, 3).requires_grad_(False), [(ONE, torch.tensor([0, 1]))], {"epochs": 1}, "are frozen"),
    ],
)
def test_what_cannot_be_trained_is_said_in_plain_words(
    model: nn.Module, batches: list[tuple[Tensor, Tensor]], settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        train(model, batches, **settings)


def test_two_learning_rates_or_a_scheduler_without_its_optimizer_are_errors() -> None:
    model = small_net()
    optimizer = SGD(model.parameters(), lr=0.1)

    with pytest.raises(ValueError, match="pass one of the two"):
        train(model, TRAIN, epochs=1, lr=0.1, optimizer=optimizer)
    with pytest.raises(ValueError, match="pass that optimizer as well"):
        train(model, TRAIN, epochs=1, scheduler=StepLR(optimizer, 1))


def test_mixed_precision_trains_on_a_cpu_too_when_asked() -> None:
    history = train(small_net(), TRAIN, epochs=3, seed=0, amp=True)

    assert history.train_loss[-1] < history.train_loss[0]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no NVIDIA GPU on this machine")
def test_on_a_gpu_fit_chooses_it_and_mixed_precision_learns() -> None:
    model = small_net()
    history = fit(model, TRAIN, epochs=20, seed=0, progress=False)

    assert choose_device().type == "cuda"
    assert next(model.parameters()).is_cuda
    assert history.train_accuracy[-1] > 0.8
