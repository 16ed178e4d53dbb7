"""When would a training end the same? A short text that is equal only where all that it depends on is equal."""

from __future__ import annotations

import hashlib
import io
import pickle
import random
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from types import FunctionType, ModuleType
from typing import Any

import cloudpickle
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import SGD, Optimizer

# Code of these does not change while Python runs, so that its name says enough. What a notebook defines, in __main__,
# is known by its code. Of all other code (a learner's own file, which may be loaded again) nothing is sure.
KNOWN_BY_NAME = {*sys.stdlib_module_names, "cloudpickle", "numpy", "resnet_course", "torch", "torchvision"}
NOTEBOOK = "__main__"


class _Doubt(Exception):
    """Something of which it cannot be told whether it is still the same."""


def fingerprint(*things: Any) -> str | None:
    """Return a text that is the same for the same things, or None where that cannot be told.

    Modules are known by their classes, weights, settings and hooks; optimizers by their settings, state and by which
    weights they change; functions and classes of the notebook by their code and by what it uses. The settings of
    PyTorch that change results and the random numbers of Python and NumPy count as well, those of PyTorch do not.

    Parameters
    ----------
    *things
        Modules, optimizers, batches, functions, numbers …

    Examples
    --------
    >>> net, other = nn.Linear(2, 2), nn.Linear(2, 2)
    >>> fingerprint(net) == fingerprint(net), fingerprint(net) == fingerprint(other)
    (True, False)
    >>> fingerprint(image for image in "none knows what a generator will give") is None
    True
    """
    file, settings = io.BytesIO(), _settings()
    try:
        _Pickler(file).dump((things, settings))
    except Exception:  # also what the methods of any object raise when it is pickled
        return None
    return hashlib.sha256(file.getbuffer()).hexdigest()


class _Pickler(cloudpickle.CloudPickler):  # type: ignore[misc]
    """Writes what things are, not how to load them again."""

    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file)
        self.storages: dict[int, int] = {}

    def reducer_override(self, thing: Any) -> Any:
        if isinstance(thing, Tensor):
            return _is, (type(thing), *self.facts(thing)), vars(thing) or None
        if isinstance(thing, nn.Module | Optimizer):
            return _is, (type(thing),), _without_ids(vars(thing))
        if isinstance(thing, type | FunctionType):
            return self.code(thing)
        if isinstance(thing, ModuleType):
            _demand_known(thing.__name__)
        elif type(thing) not in self.dispatch_table:
            reduced = thing.__reduce_ex__(pickle.HIGHEST_PROTOCOL)
            if isinstance(reduced, str):  # known by this name alone
                _demand_known(getattr(thing, "__module__", None) or type(thing).__module__)
            return reduced
        return super().reducer_override(thing)

    def code(self, thing: Any) -> Any:
        name = thing.__module__
        if name != NOTEBOOK:
            _demand_known(name)
            patches = _patches(thing.__mro__) if isinstance(thing, type) else {}
            if patches:
                return _is, (name, thing.__qualname__), patches
        return super().reducer_override(thing)

    def facts(self, tensor: Tensor) -> tuple[Any, ...]:
        hooks = tensor._backward_hooks or getattr(tensor, "_post_accumulate_grad_hooks", None)
        if hooks or not tensor.is_leaf or tensor.layout != torch.strided:
            raise _Doubt(tensor)
        numbers = tensor.detach().cpu().resolve_conj().resolve_neg().contiguous().reshape(-1).view(torch.uint8).numpy()
        # Weights that share their memory are trained together.
        storage = self.storages.setdefault(tensor.untyped_storage().data_ptr(), len(self.storages))
        form = (str(tensor.dtype), str(tensor.device), tuple(tensor.shape), tensor.stride(), tensor.requires_grad)
        return (*form, storage, hashlib.sha256(numbers.data).digest())


def _demand_known(module: str) -> None:
    if str(module).partition(".")[0] not in KNOWN_BY_NAME:
        raise _Doubt(module)


def _is(*facts: Any) -> None:
    """Stand in a pickle that nobody loads where the function would stand that makes a thing again."""


@cache
def _hooks() -> frozenset[str]:
    """Return where modules and optimizers keep their hooks. The first optimizer costs PyTorch's compiler, a second."""
    return frozenset(
        name
        for holder in (nn.Module(), SGD([torch.zeros(1)], lr=0.1))
        for name, value in vars(holder).items()
        if name.endswith(("_hooks", "_hooks_with_kwargs", "_hooks_always_called")) and isinstance(value, dict)
    )


def _without_ids(state: dict[str, Any]) -> dict[str, Any]:
    """Number hooks by their order. PyTorch numbers all that were ever made, so that no two nets would be the same."""
    hooks = _hooks() & state.keys()
    ids = sorted({each for name in hooks for each in state[name]})
    order = {each: place for place, each in enumerate(ids)}
    return {
        name: {order[each]: hook for each, hook in value.items()} if name in hooks else value
        for name, value in state.items()
    }


def _patches(namespaces: Iterable[Any]) -> dict[str, Any]:
    """Return what a notebook has put into classes or modules of libraries."""
    return {
        f"{space.__name__}.{name}": value
        for space in namespaces
        if space.__dict__.get("__module__") != NOTEBOOK
        for name, value in vars(space).items()
        if getattr(value, "__module__", None) == NOTEBOOK
    }


def _settings() -> tuple[Any, ...]:
    hooks = {
        name: list(value.values())
        for module in (sys.modules[each.__module__] for each in (nn.Module, Optimizer))
        for name, value in vars(module).items()
        if name.startswith("_global_") and isinstance(value, Mapping)
    }
    return (
        hooks,
        _patches([torch, F]),
        str(torch.get_default_dtype()),
        torch.are_deterministic_algorithms_enabled(),
        torch.get_float32_matmul_precision(),
        torch.is_autocast_enabled("cpu"),
        str(torch.get_autocast_dtype("cpu")),
        torch.backends.mkldnn.enabled,
        torch.get_num_threads(),
        random.getstate(),
        np.random.get_state(),
    )
