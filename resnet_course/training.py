"""One plain training loop: cross-entropy on batches of images and labels."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sized
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import SGD, Optimizer
from torch.optim.lr_scheduler import LRScheduler

from resnet_course.evaluation import Loader, evaluate
from resnet_course.files import try_writing, why
from resnet_course.language import find, message, number
from resnet_course.machine import choose_device
from resnet_course.shapes import table

if TYPE_CHECKING:
    import pandas as pd

LEARNING_RATE = 0.05
MOMENTUM = 0.9

# How the table writes what a history holds. Seconds are left out: they are no result, and differ from run to run.
FORMS = {
    "train_loss": ".3f",
    "train_accuracy": ".1%",
    "validation_loss": ".3f",
    "validation_accuracy": ".1%",
    "learning_rate": ".3g",
}


@dataclass
class History:
    """What was measured in each epoch of a training run; `resnet_course.plots.training_curves` draws several of them.

    Parameters
    ----------
    train_loss, train_accuracy : list of float
        Means over the epoch's training images, taken while the weights change. Accuracy is from 0 to 1.
    validation_loss, validation_accuracy : list of float
        The same for the images held out, after the epoch; empty if there were none.
    learning_rate : list of float
        Learning rate of the optimizer's first group.
    seconds : list of float
        How long each epoch took.
    interrupted : bool
        Whether the learner stopped the run.

    Examples
    --------
    >>> History(train_loss=[2.0, 1.0], train_accuracy=[0.3, 0.6], seconds=[8.0, 8.1], learning_rate=[0.05, 0.05])
    epoch 2: training loss 1.000, training accuracy 60.0%
    """

    train_loss: list[float] = field(default_factory=list)
    train_accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    learning_rate: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    interrupted: bool = False

    def __len__(self) -> int:
        return len(self.train_loss)

    def __repr__(self) -> str:
        parts = [message("common.training.after", count=len(self))]
        for name in ("train_loss", "train_accuracy", "validation_accuracy"):
            values = getattr(self, name)
            if values:
                parts.append(f"{message(f'common.training.{name}')} {number(values[-1], FORMS[name])}")
        return f"{parts[0]}: {', '.join(parts[1:])}" if len(parts) > 1 else parts[0]

    @property
    def train_error(self) -> list[float]:
        """Share of the training images that were got wrong, from 0 to 1."""
        return [1 - each for each in self.train_accuracy]

    @property
    def validation_error(self) -> list[float]:
        """Share of the held-out images that were got wrong, from 0 to 1."""
        return [1 - each for each in self.validation_accuracy]

    def table(self) -> pd.DataFrame:
        """Return the history as a table in the learner's language, with a row for each epoch."""
        rows = []
        for epoch in range(len(self)):
            row = {message("common.training.number"): str(epoch + 1)}
            for name, form in FORMS.items():
                values = getattr(self, name)
                if values:
                    row[message(f"common.training.{name}")] = number(values[epoch], form)
            rows.append(row)
        return table(rows)


def fit(
    model: nn.Module,
    train: Loader,
    validation: Loader | None = None,
    *,
    epochs: int,
    lr: float | None = None,
    optimizer: Optimizer | None = None,
    scheduler: LRScheduler | None = None,
    seed: int | None = None,
    device: torch.device | str | None = None,
    amp: bool | None = None,
    checkpoint: Path | str | None = None,
    progress: Any = True,
) -> History:
    """Train a classifier and return what was measured. The model is changed in place and stays on `device`.

    Stopping the cell (a KeyboardInterrupt) ends the training, not the notebook: the history of the finished epochs
    is returned and the model keeps what it has learnt. Only where the progress bar is the caller's, who has more to
    do, the KeyboardInterrupt goes on to the caller.

    Parameters
    ----------
    model : torch.nn.Module
        ``[N, …] -> [N, classes]`` logits.
    train : iterable
        Batches of images and labels, such as `resnet_course.data.Batches` or a DataLoader.
    validation : iterable, optional
        Batches that are only measured, after every epoch.
    epochs : int
        How often to go through `train`.
    lr : float, optional
        Learning rate of the default optimizer, SGD with momentum 0.9; 0.05 if not given.
    optimizer : torch.optim.Optimizer, optional
        Another optimizer over the model's parameters; it has its own learning rate. If it lacks some that could learn,
        a sentence names them: most often it was made before the head was replaced or the backbone unfrozen.
    scheduler : torch.optim.lr_scheduler.LRScheduler, optional
        Changes the optimizer's learning rate; stepped after every epoch.
    seed : int, optional
        Seed of PyTorch's generators, which draw the order of the batches, augmentation and dropout.
    device : torch.device or str, optional
        Where to train; by default `choose_device()`.
    amp : bool, optional
        Mixed precision with channels-last images; by default where it helps: on NVIDIA GPUs.
    checkpoint : path, optional
        A file in which to save the run after every epoch. If it exists, the run goes on from there, and ends with the
        same weights as one that was never interrupted.
    progress : bool or tqdm.tqdm
        Show a progress bar over all epochs; or the caller's own bar (`progress_bar`), which is moved by one for each
        batch and stays open.

    Returns
    -------
    History

    Raises
    ------
    ValueError
        If there is nothing to train on, all parameters are frozen or the optimizer holds none of those that are not,
        labels and outputs do not belong together, or the checkpoint is of another run.
    OSError
        If the checkpoint cannot be written; said before the training begins.

    Examples
    --------
    >>> from resnet_course.data import Batches, mnist5k
    >>> images, labels = mnist5k()
    >>> train = Batches(images[::10], labels[::10], batch_size=50, shuffle=True)
    >>> model = nn.Sequential(nn.Flatten(), nn.Linear(784, 10))
    >>> history = fit(model, train, epochs=2, seed=0, progress=False)
    >>> len(history), history.train_loss[1] < history.train_loss[0]
    (2, True)
    """
    if not isinstance(epochs, int) or epochs < 1:
        raise ValueError(message("errors.training.epochs", epochs=epochs))
    if lr is not None and optimizer is not None:
        raise ValueError(message("errors.training.two-rates"))
    if scheduler is not None and optimizer is None:
        raise ValueError(message("errors.training.scheduler"))
    device = torch.device(device) if device is not None else choose_device()
    amp = device.type == "cuda" if amp is None else amp
    if seed is not None:
        torch.manual_seed(seed)
    model.to(device)
    if amp:
        model.to(memory_format=torch.channels_last)
    trainable = {name: parameter for name, parameter in model.named_parameters() if parameter.requires_grad}
    if not trainable:
        raise ValueError(message("errors.training.frozen"))
    if optimizer is None:
        optimizer = SGD(trainable.values(), lr=LEARNING_RATE if lr is None else lr, momentum=MOMENTUM)
    else:
        _check_held(trainable, optimizer)
    run = _Run(model, optimizer, scheduler, device, amp)
    if checkpoint is not None:
        run.resume(Path(checkpoint))
        if len(run.history) < epochs:
            _check_place(Path(checkpoint))

    own = isinstance(progress, bool)
    batches = len(train) if isinstance(train, Sized) else None
    total = None if batches is None else batches * epochs
    bar = progress_bar(total, (batches or 0) * len(run.history), show=progress) if own else progress
    what = "" if own else getattr(bar, "desc", "")  # a bar that is switched off has none
    try:
        while len(run.history) < epochs:
            epoch = message("common.training.epoch", epoch=len(run.history) + 1, epochs=epochs)
            # A caller's bar is drawn again when tqdm next likes to: a page loses messages that come too fast.
            bar.set_description_str(f"{what}, {epoch}" if what else epoch, refresh=own)
            run.epoch(train, validation, bar)
            if checkpoint is not None:
                run.save(Path(checkpoint), bar)
            if own:  # a caller's text is long enough; one number only, or there would be no room for the bar
                loss = number(run.history.train_loss[-1], FORMS["train_loss"])
                bar.set_postfix_str(f"{message('common.training.train_loss')} {loss}")
    except KeyboardInterrupt:
        if not own:
            raise
        run.history.interrupted = True
        bar.close()
        print(message("common.training.interrupted", finished=len(run.history), epochs=epochs))
    finally:
        if own:
            bar.close()
    return run.history


def progress_bar(total: int | None, done: int = 0, show: bool = True) -> Any:
    """Return a bar over the batches of a training, or of several: it tells the time left, and vanishes at the end.

    Parameters
    ----------
    total : int, optional
        Number of batches, if it is known.
    done : int
        How many of them are done.
    show : bool
        Whether anything is shown at all.

    Examples
    --------
    >>> with progress_bar(10, show=False) as bar:
    ...     bar.update()
    """
    from tqdm.auto import tqdm

    # Of tqdm's own words, the speed has a decimal point in every language.
    words = find("common.training.bar")
    settings = {} if show else {"disable": True}  # not False: so TQDM_DISABLE=1 in the environment still counts
    return tqdm(total=total, initial=done, leave=False, bar_format=words, **settings)


class _Run:
    """All that changes while a model is trained, and that a checkpoint has to hold."""

    def __init__(
        self,
        model: nn.Module,
        optimizer: Optimizer,
        scheduler: LRScheduler | None,
        device: torch.device,
        amp: bool,
    ) -> None:
        self.model, self.optimizer, self.scheduler, self.device, self.amp = model, optimizer, scheduler, device, amp
        # bfloat16 has float32's range; float16 (GPUs before Ampere, such as Colab's T4) needs its loss scaled.
        half = device.type == "cuda" and not torch.cuda.is_bf16_supported(including_emulation=False)
        self.dtype = torch.float16 if half else torch.bfloat16
        self.scaler = torch.amp.GradScaler(device.type, enabled=amp and half)
        self.history = History()
        self.unsaved = False

    def epoch(self, train: Loader, validation: Loader | None, bar: Any) -> None:
        began = time.perf_counter()
        self.model.train()
        # The sums stay on the device: asking a GPU for a number after each batch would make it wait.
        loss_sum, right = torch.zeros((), device=self.device), torch.zeros((), device=self.device)
        count = 0
        for images, labels in train:
            images, labels = images.to(self.device, non_blocking=True), labels.to(self.device, non_blocking=True)
            loss, logits = self.step(images, labels, first=count == 0 and len(self.history) == 0)
            loss_sum += loss.detach() * len(labels)
            right += (logits.detach().argmax(1) == labels).sum()
            count += len(labels)
            bar.update()
        if count == 0:
            raise ValueError(message("errors.evaluation.empty"))
        rate = self.optimizer.param_groups[0]["lr"]
        if self.scheduler is not None:
            self.scheduler.step()
        measured = evaluate(self.model, validation) if validation is not None else None

        # Noted together at the end, so that an interruption leaves no half-noted epoch.
        history = self.history
        history.train_accuracy.append(right.item() / count)
        history.learning_rate.append(rate)
        history.seconds.append(time.perf_counter() - began)
        if measured is not None:
            history.validation_loss.append(measured[0])
            history.validation_accuracy.append(measured[1])
        history.train_loss.append(loss_sum.item() / count)

    def step(self, images: Tensor, labels: Tensor, first: bool) -> tuple[Tensor, Tensor]:
        if self.amp and images.dim() == 4:
            images = images.contiguous(memory_format=torch.channels_last)
        self.optimizer.zero_grad()
        with torch.autocast(self.device.type, dtype=self.dtype, enabled=self.amp):
            logits = self.model(images)
            if first:
                _check_batch(logits, labels)
            loss = F.cross_entropy(logits, labels)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimizer)
        self.scaler.update()
        return loss, logits

    def save(self, path: Path, bar: Any) -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict() if self.scheduler is not None else None,
            "scaler": self.scaler.state_dict(),
            "history": asdict(self.history),
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state(self.device) if self.device.type == "cuda" else None,
        }
        # Written aside and then renamed: a machine that dies while writing leaves the last good file.
        unfinished = path.with_name(path.name + ".unfinished")
        try:
            torch.save(state, unfinished)
            unfinished.replace(path)
        except (OSError, RuntimeError) as problem:  # PyTorch says a full disk with a RuntimeError
            # Hours of training are worth more than a checkpoint. The next epoch tries again.
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            if not self.unsaved:
                bar.write(message("errors.training.unsaved", path=path, reason=why(problem)))
            self.unsaved = True

    def resume(self, path: Path) -> None:
        if not path.exists():
            return
        try:
            state = torch.load(path, map_location=self.device, weights_only=True)
            self.model.load_state_dict(state["model"])
            self.optimizer.load_state_dict(state["optimizer"])
            if self.scheduler is not None:
                self.scheduler.load_state_dict(state["scheduler"])
            self.scaler.load_state_dict(state["scaler"])
            self.history = History(**state["history"])
        except Exception as error:
            raise ValueError(message("errors.training.checkpoint", path=path, reason=why(error))) from error
        torch.set_rng_state(state["random"].cpu())
        with suppress(KeyError):
            if self.device.type == "cuda" and state["random_cuda"] is not None:
                torch.cuda.set_rng_state(state["random_cuda"].cpu(), self.device)


def _check_held(trainable: Mapping[str, Tensor], optimizer: Optimizer) -> None:
    """Say which parameters could learn and will not, because the optimizer was not given them."""
    held = {parameter for group in optimizer.param_groups for parameter in group["params"]}
    left_out = [name for name, parameter in trainable.items() if parameter not in held]
    if not left_out:
        return
    names = ", ".join([f"`{name}`" for name in left_out[:3]] + ["…"] * (len(left_out) > 3))
    figures = {"names": names, "count": len(left_out), "total": len(trainable)}
    if len(left_out) == len(trainable):
        raise ValueError(message("errors.training.holds-none", **figures))
    print(message("errors.training.left-out", **figures))


def _check_place(checkpoint: Path) -> None:
    try:
        try_writing(checkpoint.parent)
    except OSError as problem:
        raise OSError(message("errors.training.no-checkpoint", path=checkpoint, reason=why(problem))) from problem


def _check_batch(logits: Tensor, labels: Tensor) -> None:
    """Say in plain words what PyTorch says of labels that do not fit, on a GPU not at all."""
    if logits.dim() != 2 or labels.dim() != 1 or len(logits) != len(labels):
        raise ValueError(message("errors.training.shapes", logits=list(logits.shape), labels=list(labels.shape)))
    if labels.is_floating_point():
        raise ValueError(message("errors.training.dtype", dtype=labels.dtype))
    least, most = int(labels.min()), int(labels.max())
    if least < 0 or most >= logits.shape[1]:
        raise ValueError(message("errors.training.labels", least=least, most=most, classes=logits.shape[1]))
