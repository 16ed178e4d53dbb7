"""Nets are trained one after another with one bar, and what was trained is kept while nothing of it changes."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
import torch
import tqdm.auto
from torch import Tensor, nn
from torch.optim import SGD, Adam, Optimizer
from torch.optim.lr_scheduler import StepLR

from resnet_course import experiments, few_labels, trainings
from resnet_course.data import Batches, random_crop_flip
from resnet_course.language import speaking
from resnet_course.small_transformer import SmallTransformer
from resnet_course.training import fit
from resnet_course.trainings import Trained, Training, train_each

torch.manual_seed(0)
IMAGES, LABELS = torch.rand(40, 1, 28, 28), torch.arange(40) % 10
DIGITS = Batches(IMAGES, LABELS, batch_size=16, shuffle=True)


SMALL = partial(SmallTransformer, 1)
SLOWLY = partial(SGD, lr=0.1)


def make(
    net: Callable[[], nn.Module] = SMALL, optimizer: Callable[[Any], Optimizer] = SLOWLY
) -> tuple[nn.Module, Optimizer]:
    model = net()
    return model, optimizer(model.parameters())


A = Training("a", make, DIGITS, epochs=2, seed=0, measured_on=[DIGITS])


def weights(net: nn.Module) -> list[Tensor]:
    return [each.detach().clone() for each in net.state_dict().values()]


def same(one: Trained, other: Trained) -> bool:
    pairs = zip(weights(one.model), weights(other.model), strict=True)
    histories = [replace(each.history, seconds=[]) for each in (one, other)]
    return (
        all(torch.equal(*pair) for pair in pairs)
        and histories[0] == histories[1]
        and one.accuracies == other.accuracies
    )


class Bar:
    """Notes what a progress bar is told."""

    made: list[Bar]
    stop_at: int | None = None

    def __init__(self, total: int | None = None, initial: int = 0, desc: str = "", **settings: Any) -> None:
        self.total, self.n, self.desc, self.settings = total, initial, desc, settings
        self.closed = False
        self.seen: list[tuple[str, int]] = []
        self.refreshed = 0
        Bar.made.append(self)

    def update(self, n: int = 1) -> None:
        if n:
            self.n += n
            self.seen.append((self.desc, n))
        if self.n == self.stop_at:
            raise KeyboardInterrupt

    def set_description_str(self, text: str, refresh: bool = True) -> None:
        self.desc = text
        self.refreshed += refresh

    def set_postfix_str(self, text: str) -> None:
        self.postfix = text

    def close(self) -> None:
        self.closed = True

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


@pytest.fixture
def bars(monkeypatch: pytest.MonkeyPatch) -> list[Bar]:
    Bar.made = []
    monkeypatch.setattr(tqdm.auto, "tqdm", Bar)
    return Bar.made


def trained_anew(training: Training) -> bool:
    with pytest.MonkeyPatch.context() as patch:
        began = []
        patch.setattr(trainings, "fit", lambda *given, **settings: began.append(1) or fit(*given, **settings))
        train_each([training])
    return bool(began)


# --- one bar -----------------------------------------------------------------------------------------------------


def test_one_bar_counts_the_batches_of_all_nets_and_says_which_net_and_epoch_it_is(bars: list[Bar]) -> None:
    train_each([A, replace(A, name="b", seed=1, epochs=1)])
    (bar,) = bars

    assert bar.total == bar.n == 3 * len(DIGITS)
    assert bar.closed
    assert [text for text, _ in bar.seen[:: len(DIGITS)]] == [
        "net 1 of 2: a, epoch 1 of 2",
        "net 1 of 2: a, epoch 2 of 2",
        "net 2 of 2: b, epoch 1 of 1",
    ]
    assert {count for _, count in bar.seen} == {1}


def test_a_single_net_is_not_counted(bars: list[Bar]) -> None:
    with speaking("pt"):
        train_each([A])

    assert bars[0].seen[0] == ("a, época 1 de 2", 1)


def test_the_bar_is_drawn_when_tqdm_likes_to_and_not_at_every_epoch(bars: list[Bar]) -> None:
    train_each([A])

    assert bars[0].refreshed == 0


@pytest.mark.parametrize(("language", "words"), [("en", "/6 batches, "), ("pt", "/6 lotes, faltam ")])
def test_the_bar_tells_the_time_left_in_the_learners_language(
    capsys: pytest.CaptureFixture[str], language: str, words: str
) -> None:
    with speaking(language):
        train_each([A])
    shown = capsys.readouterr().err

    assert words in shown
    assert "it/s" not in shown


def test_the_course_s_experiments_show_one_bar_for_all_their_nets(bars: list[Bar]) -> None:
    experiments.train_small_nets(["plain-8", "residual-8"], seeds=[0], images=64, epochs=3)
    few_labels.study({"scratch": partial(few_labels.prepare, "scratch", None)}, count=2, seeds=[0, 1], steps=3)

    assert [(bar.total, bar.n) for bar in bars] == [(6, 6), (6, 6)]
    assert bars[0].seen[-1] == ("net 2 of 2: residual-8, seed 0, epoch 3 of 3", 1)
    assert bars[1].seen[-1] == ("net 2 of 2: scratch, seed 1, epoch 3 of 3", 1)


def test_learning_from_few_labels_takes_a_second_and_shows_no_bar(bars: list[Bar]) -> None:
    few_labels.learn(*few_labels.prepare("scratch", None, seed=0), count=2, steps=4)

    assert [bar.settings["disable"] for bar in bars] == [True]


# --- kept --------------------------------------------------------------------------------------------------------


def test_a_training_of_which_nothing_has_changed_is_not_repeated_and_gives_the_same() -> None:
    first, second = train_each([A])[0], train_each([A])[0]

    assert not trained_anew(A)
    assert same(first, second)
    trainings.forget()
    assert same(train_each([A])[0], first)
    trainings.forget()
    assert trained_anew(A)


def test_the_second_call_draws_no_bar_and_says_what_is_kept_and_how_to_train_again(
    bars: list[Bar], capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        train_each([A, replace(A, seed=1)])
    hidden, line = bars[1:]

    assert hidden.settings["disable"]
    assert line.settings["bar_format"] == "{desc}"
    assert line.desc == "Nets already trained and kept: 2. To train them again, restart the `kernel`."
    # It would make the notebook another one each time that it runs.
    assert capsys.readouterr().out == ""


def test_a_name_makes_no_difference() -> None:
    train_each([A])

    assert not trained_anew(replace(A, name="b"))


def test_only_the_nets_that_are_not_kept_are_trained_and_counted(bars: list[Bar]) -> None:
    train_each([A])
    both = [A, replace(A, seed=1)]
    before = bars[0].n
    results = train_each(both)

    assert (bars[1].total, bars[1].n) == (before, before)
    assert {text for text, _ in bars[1].seen} == {f"net 2 of 2: a, epoch {epoch} of 2" for epoch in (1, 2)}
    trainings.forget()
    assert all(same(*pair) for pair in zip(results, train_each(both), strict=True))


def test_a_net_under_two_names_is_trained_once_and_the_bar_is_full(bars: list[Bar]) -> None:
    train_each([A, replace(A, name="b")])

    assert bars[0].n == bars[0].total
    assert bars[0].seen[-1][1] == 2 * len(DIGITS)


def test_random_numbers_go_on_as_if_it_had_been_trained() -> None:
    train_each([A])
    after = torch.rand(3)
    torch.manual_seed(99)
    train_each([A])

    assert torch.equal(torch.rand(3), after)


CHANGES = {
    "seed": replace(A, seed=1),
    "epochs": replace(A, epochs=3),
    "images": replace(A, train=Batches(IMAGES + 0.1, LABELS, 16, shuffle=True)),
    "labels": replace(A, train=Batches(IMAGES, LABELS.flip(0), 16, shuffle=True)),
    "batch size": replace(A, train=Batches(IMAGES, LABELS, 8, shuffle=True)),
    "order": replace(A, train=Batches(IMAGES, LABELS, 16)),
    "augmentation": replace(A, train=Batches(IMAGES, LABELS, 16, True, random_crop_flip(2))),
    "what it is measured on": replace(A, measured_on=[Batches(IMAGES[:10], LABELS[:10])]),
    "schedule": replace(A, schedule=partial(StepLR, step_size=1)),
    "setting of the schedule": replace(A, schedule=partial(StepLR, step_size=2)),
    "learning rate": replace(A, make=partial(make, optimizer=partial(SGD, lr=0.2))),
    "momentum": replace(A, make=partial(make, optimizer=partial(SGD, lr=0.1, momentum=0.9))),
    "optimizer": replace(A, make=partial(make, optimizer=partial(Adam, lr=0.1))),
    "depth": replace(A, make=partial(make, partial(SmallTransformer, 2))),
    "shortcuts": replace(A, make=partial(make, partial(SmallTransformer, 1, shortcut=False))),
}


def test_whatever_changes_is_trained_anew() -> None:
    train_each([A])
    # All that came before are kept: each differs from each.
    anew = [name for name, change in CHANGES.items() if trained_anew(change)]

    assert anew == list(CHANGES)
    assert not any(trained_anew(change) for change in CHANGES.values())


def test_a_net_of_the_notebook_is_trained_anew_when_its_cell_has_changed() -> None:
    cell = """
class Net(nn.Sequential):
    def forward(self, x):
        return super().forward({code})
"""

    def changed(code: str) -> Callable[[], nn.Module]:
        names = {"__name__": "__main__", "nn": nn}
        exec(cell.format(code=code), names)
        return lambda: names["Net"](nn.Flatten(), nn.Linear(784, 10))

    net = replace(A, make=partial(make, changed("x")))
    train_each([net])

    assert not trained_anew(net)
    assert trained_anew(replace(A, make=partial(make, changed("x - 0.5"))))


class FromAFile(nn.Sequential):
    """Its file may have been loaded again since; nobody can tell."""


def test_what_is_in_doubt_is_trained_every_time() -> None:
    doubtful = replace(A, make=partial(make, lambda: FromAFile(nn.Flatten(), nn.Linear(784, 10))))

    assert [trained_anew(doubtful) for _ in range(2)] == [True, True]


def test_a_net_that_the_training_before_has_changed_is_no_longer_the_one_that_is_kept() -> None:
    shared = SmallTransformer(1)
    borrowed = [replace(A, make=partial(make, lambda: shared), seed=seed) for seed in (0, 1)]
    began = copy.deepcopy(shared)
    second = train_each(borrowed)[1]
    separate = replace(A, make=partial(make, lambda: copy.deepcopy(began)), seed=1)
    (alone,) = train_each([separate])

    # The second had begun where the first had ended; what it gave is not the result of a net that begins anew.
    assert not same(second, alone)
    trainings.forget()
    assert same(train_each([separate])[0], alone)


def test_nets_are_handed_out_as_copies() -> None:
    first = train_each([A])[0]
    intact = copy.deepcopy(first)
    for given in (first, train_each([A])[0]):
        given.history.train_loss.clear()
        given.accuracies.clear()
        with torch.no_grad():
            for parameter in given.model.parameters():
                parameter.zero_()

    assert same(train_each([A])[0], intact)


def test_a_net_is_handed_out_without_the_gradients_of_the_last_step() -> None:
    for trained in (train_each([A])[0], train_each([A])[0]):
        assert all(parameter.grad is None for parameter in trained.model.parameters())


def test_memory_is_bounded_and_the_oldest_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    nets = [replace(A, seed=seed, epochs=1) for seed in range(3)]
    size = sum(each.nbytes for each in weights(train_each(nets)[0].model))
    trainings.forget()
    monkeypatch.setattr(trainings, "LIMIT", 2 * size)
    train_each(nets)

    assert not trained_anew(nets[2])
    assert not trained_anew(nets[1])
    assert trained_anew(nets[0])
    monkeypatch.setattr(trainings, "LIMIT", size - 1)
    trainings.forget()
    assert [trained_anew(nets[0]) for _ in range(2)] == [True, True]


# --- stopped -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "Nets finished and kept: 1 of 3. If you run the cell again before you restart the `kernel`, only"),
        (
            "pt",
            "Redes prontas e guardadas: 1 de 3. Se você executar a célula de novo antes de reiniciar o `kernel`, só",
        ),
    ],
)
def test_stopping_keeps_the_nets_that_are_finished_and_says_how_many(
    bars: list[Bar], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, language: str, words: str
) -> None:
    nets = [replace(A, seed=seed) for seed in range(3)]
    with speaking(language), monkeypatch.context() as patch:
        patch.setattr(Bar, "stop_at", 3 * len(DIGITS))
        with pytest.raises(KeyboardInterrupt):
            train_each(nets)

    said = capsys.readouterr().out
    assert said.count("\n") == 1
    assert words in said
    assert bars[0].closed
    results = train_each(nets)
    assert bars[1].total == 4 * len(DIGITS)
    trainings.forget()
    assert all(same(*pair) for pair in zip(results, train_each(nets), strict=True))


def test_what_cannot_be_kept_is_not_said_to_be(
    bars: list[Bar], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    doubtful = replace(A, make=partial(make, lambda: FromAFile(nn.Flatten(), nn.Linear(784, 10))))
    monkeypatch.setattr(Bar, "stop_at", 3 * len(DIGITS))
    with pytest.raises(KeyboardInterrupt):
        train_each([doubtful, doubtful])

    assert "finished and kept: 0 of 2" in capsys.readouterr().out


def test_a_net_that_cannot_be_made_says_so_before_the_first_is_trained() -> None:
    def broken() -> nn.Module:
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        train_each([A, replace(A, make=partial(make, broken))])
    assert trained_anew(A)


def test_making_the_nets_ahead_leaves_the_random_numbers_alone() -> None:
    """What `make` draws without a seed of its own is what it would draw if each net were made only once."""
    drawn = []

    def noting() -> nn.Module:
        drawn.append(random.random())
        return SmallTransformer(1)

    random.seed(0)
    train_each([replace(A, make=partial(make, noting), seed=seed) for seed in (0, 1)])
    random.seed(0)

    assert drawn[2:] == [random.random(), random.random()]
