"""Run a learner's code and note what it does, as plain data.

Plain data means dictionaries, lists, strings, numbers, booleans, None and NumPy arrays: what can leave a
sandbox as JSON and ``.npy`` bytes. Nothing in this module knows a right answer.
"""

from __future__ import annotations

import _thread
import contextlib
import hashlib
import inspect
import io
import linecache
import signal
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypedDict

import numpy as np
import torch
from torch import nn

from resnet_course.explain import meant_by

Plain = Any  # dict[str, Plain] | list[Plain] | str | int | float | bool | None | np.ndarray


class Line(TypedDict):
    """A line of the learner's on the way to an error."""

    function: str
    line: int | None
    code: str


class Raised(TypedDict):
    """An error that the learner's code raised.

    `stage` says what was tried, `module` where the error arose, `meant` what the learner's last line probably meant.
    """

    stage: str
    type: str
    message: str
    lines: list[Line]
    module: str
    meant: str


class Described(TypedDict, total=False):
    """What a value is: its kind ("tensor", "none" or "other") and type, a tensor's shape, dtype and numbers."""

    kind: str
    type: str
    shape: list[int]
    dtype: str
    values: np.ndarray
    input_after: np.ndarray  # the function's argument, after the call
    raised: Raised  # instead of all of these: there is no value


class LayerFacts(TypedDict):
    """The names and shapes in a module's ``state_dict``, and the settings of its convolutions and norms, by name."""

    names: dict[str, list[int]]
    convolutions: dict[str, dict[str, Any]]
    norms: dict[str, dict[str, Any]]


PACKAGE = Path(__file__).resolve().parents[1]
SHOWN_FRAMES = 8  # of the learner's code below an error; a recursion has thousands


def describe(value: object) -> Described:
    """Return what `value` is, as plain data: a tensor's shape, dtype and numbers, or any other value's type."""
    if isinstance(value, torch.Tensor):
        tensor = value.detach().to("cpu")
        if tensor.is_complex():
            return {"kind": "other", "type": f"complex {type(value).__name__}"}
        return {
            "kind": "tensor",
            "type": type(value).__name__,
            "shape": list(tensor.shape),
            "dtype": str(tensor.dtype).removeprefix("torch."),
            "values": tensor.to(torch.float64).numpy().copy(),
        }
    if value is None:
        return {"kind": "none", "type": "None"}
    return {"kind": "other", "type": type(value).__name__}


def describe_number(value: object) -> Plain:
    """Return a number as it is, anything else as the name of its type."""
    return value if isinstance(value, int | float) else type(value).__name__


def kind_of(value: object) -> str:
    """Return what kind of thing a value is, as a learner would say it: a class by its name, an object by its type."""
    if value is ...:
        return "..."
    if inspect.isclass(value):
        return f"class {value.__name__}"
    return type(value).__name__


def describe_layers(module: nn.Module) -> LayerFacts:
    """Return the names and shapes in a module's ``state_dict``, and the settings of its convolutions and norms."""
    return {
        "names": {name: list(tensor.shape) for name, tensor in module.state_dict().items()},
        "convolutions": {
            name: {
                "kernel_size": list(layer.kernel_size),
                "stride": list(layer.stride) if isinstance(layer.stride, tuple | list) else [layer.stride] * 2,
                "padding": list(layer.padding) if isinstance(layer.padding, tuple) else layer.padding,
                "dilation": list(layer.dilation) if isinstance(layer.dilation, tuple | list) else [layer.dilation] * 2,
            }
            for name, layer in module.named_modules()
            if isinstance(layer, nn.Conv2d)
        },
        "norms": {
            name: {"eps": layer.eps, "momentum": layer.momentum}
            for name, layer in module.named_modules()
            if isinstance(layer, nn.BatchNorm2d)
        },
    }


def load_arrays(module: nn.Module, arrays: dict[str, np.ndarray]) -> None:
    """Copy the arrays into the module's parameters and buffers of the same name and shape; skip the others."""
    own = module.state_dict()
    fitting = {
        name: torch.from_numpy(array)
        for name, array in arrays.items()
        if name in own and list(own[name].shape) == list(array.shape)
    }
    module.load_state_dict(fitting, strict=False)


def trying(stage: str, action: Callable[[], Plain]) -> Plain:
    """Return what `action` returns, or ``{"raised": …}`` with the learner's own lines if it raises.

    Parameters
    ----------
    stage : str
        What was being tried (``"init"``, ``"forward"``, ``"backward"`` …), noted with the error.
    action : callable
        Runs the learner's code and returns plain data.
    """
    try:
        return action()
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        # Also SystemExit: a learner's sys.exit() must not take the notebook down.
        return {"raised": describe_error(stage, error)}


def describe_error(stage: str, error: BaseException) -> Raised:
    """Return an error's type, message and the learner's lines that led to it (never lines of this package)."""
    walked = list(traceback.walk_tb(error.__traceback__))
    learners = [(frame, line) for frame, line in walked if _is_learners(frame.f_code.co_filename)]
    lines: list[Line] = [
        {
            "function": frame.f_code.co_name,
            "line": line,
            "code": linecache.getline(frame.f_code.co_filename, line, frame.f_globals).strip(),
        }
        for frame, line in learners[-SHOWN_FRAMES:]
    ]
    meant = ""
    with contextlib.suppress(Exception):  # the learner's own objects are asked what they have
        meant = meant_by(error, learners[-1][0], lines[-1]["code"]) if lines else ""
    return {
        "stage": stage,
        "type": type(error).__name__,
        "message": str(error).strip(),
        "lines": lines,
        "module": str(walked[-1][0].f_globals.get("__name__", "")) if walked else "",
        "meant": meant,
    }


@cache
def _is_learners(filename: str) -> bool:
    if filename.startswith("<"):
        # A cell in Colab and IPython is "<ipython-input-…>"; "<frozen importlib>" is not the learner's.
        return bool(linecache.getlines(filename))
    path = Path(filename).resolve()
    return PACKAGE not in path.parents and "site-packages" not in path.parts and not _in_stdlib(path)


def _in_stdlib(path: Path) -> bool:
    return Path(threading.__file__).resolve().parent in path.parents


@contextlib.contextmanager
def neutral_torch(seed: int) -> Iterator[None]:
    """Give the learner's code PyTorch as it starts, whatever earlier cells changed, and put those changes back.

    Default dtype float32, default device CPU, gradients on, no inference mode, no automatic casts, a random state that
    starts at `seed`, and one thread: the inputs of checks are so small that threads would only wait for each other.
    """
    dtype, threads = torch.get_default_dtype(), torch.get_num_threads()
    torch.set_default_dtype(torch.float32)
    torch.set_num_threads(1)
    try:
        # torch.device slows every operation down a little, so only where a learner chose another one.
        moved = torch.get_default_device().type != "cpu"
        device = torch.device("cpu") if moved else contextlib.nullcontext()
        cast = torch.autocast("cpu", enabled=False) if torch.is_autocast_enabled("cpu") else contextlib.nullcontext()
        with torch.random.fork_rng(devices=[]), device, cast, torch.inference_mode(False), torch.enable_grad():
            torch.default_generator.manual_seed(seed)  # torch.manual_seed would first import _dynamo, for a second
            yield
    finally:
        torch.set_default_dtype(dtype)
        torch.set_num_threads(threads)


@contextlib.contextmanager
def quiet() -> Iterator[io.StringIO]:
    """Keep warnings out of the notebook and catch what the learner's code prints.

    A warning on stderr would cost the learner all points in nbgrader, and a ``print`` in ``forward`` would come
    once for every input that a check tries.
    """
    printed = io.StringIO()
    with (
        warnings.catch_warnings(),
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        warnings.simplefilter("ignore")
        yield printed


class TimeLimit:
    """Interrupt the main thread when the ``with`` block takes longer than `seconds`; ``expired`` tells.

    Outside the main thread it does nothing: there the caller has a limit of its own.
    """

    def __init__(self, seconds: float) -> None:
        self.expired = False
        self._over = self._ignored = False
        self._lock = threading.Lock()
        self._timer = threading.Timer(seconds, self._interrupt)
        self._timer.daemon = True

    def __enter__(self) -> TimeLimit:
        if threading.current_thread() is threading.main_thread():
            # What a shell starts in the background ignores interrupts; then nothing would end an endless loop.
            self._ignored = signal.getsignal(signal.SIGINT) in (signal.SIG_IGN, None)
            if self._ignored:
                signal.signal(signal.SIGINT, signal.default_int_handler)
            self._timer.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        try:
            with self._lock:
                self._over = True
            self._timer.cancel()
            if self.expired and kind is None:
                # The interrupt is on its way though the block has just ended: let it arrive here.
                threading.Event().wait(0.05)
        except KeyboardInterrupt:
            pass
        if self._ignored:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
        return self.expired and kind is not None and issubclass(kind, KeyboardInterrupt)

    def _interrupt(self) -> None:
        with self._lock:
            if self._over:
                return
            self.expired = True
            if hasattr(signal, "pthread_kill"):
                # A real signal also ends a learner's time.sleep.
                main = threading.main_thread().ident
                assert main is not None
                signal.pthread_kill(main, signal.SIGINT)
            else:
                _thread.interrupt_main()


def watch(
    observe: Callable[..., Plain], answers: tuple[object, ...], inputs: Plain, *, seed: int, seconds: float
) -> tuple[Plain, str]:
    """Run `observe` on a learner's answers, safely, and return the observation and what was printed meanwhile.

    Parameters
    ----------
    observe : callable
        ``observe(*answers, inputs)``, a check's first half.
    answers : tuple
        The learner's objects.
    inputs : plain data
        What the check feeds them.
    seed : int
        Start of the random state.
    seconds : float
        After this long the learner's code is interrupted; the observation is then ``{"time_limit": seconds}``.
    """
    limit = TimeLimit(seconds)
    observation: Plain = {"time_limit": seconds}
    with quiet() as printed, neutral_torch(seed), limit:
        # Whatever `observe` does not try itself (reading an odd module's layers, say) must not end the check either.
        observation = trying("call", lambda: observe(*answers, inputs))
    if limit.expired:
        observation = {"time_limit": seconds}
    return observation, printed.getvalue()


def fingerprint(plain: Plain) -> str:
    """Return a short text that is the same for the same plain data: tells a new try from the same cell run again."""
    digest = hashlib.sha256()

    def add(part: Plain) -> None:
        if isinstance(part, dict):
            for key in sorted(part):
                digest.update(key.encode())
                add(part[key])
        elif isinstance(part, list | tuple):
            digest.update(f"[{len(part)}".encode())
            for each in part:
                add(each)
        elif isinstance(part, np.ndarray):
            digest.update(str(part.shape).encode() + np.ascontiguousarray(part).tobytes())
        else:
            digest.update(repr(part).encode())

    add(plain)
    return digest.hexdigest()[:16]


def is_plain(value: object) -> bool:
    """Tell whether `value` is plain data throughout."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_plain(each) for key, each in value.items())
    if isinstance(value, list | tuple):
        return all(is_plain(each) for each in value)
    if isinstance(value, np.ndarray):
        return value.dtype != object
    return value is None or type(value) in (str, int, float, bool)
