"""Start from a network that others have trained: new head, frozen backbone, two learning rates."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from resnet_course.files import why, write_somewhere
from resnet_course.language import message
from resnet_course.machine import is_online
from resnet_course.resnet import ARCHITECTURES, ResNet, check_num_classes, create_resnet

Model = TypeVar("Model", bound=nn.Module)

# A server that says nothing for so long will not answer any more.
NETWORK_SECONDS = 20


def pretrained_weights(model_name: str) -> Any:
    """Return torchvision's best ImageNet weights of an architecture, as a member of its ``weights`` enum.

    The member knows its preprocessing (``.transforms()``), its classes and its measured accuracy (``.meta``). Nothing
    is downloaded. ResNet-18 has "V1" weights only, ResNet-50 has "V2", trained by a newer recipe.

    Parameters
    ----------
    model_name : str
        One of `resnet_course.resnet.ARCHITECTURES`.

    Raises
    ------
    ValueError
        If the name is unknown; the message lists the known ones.

    Examples
    --------
    >>> pretrained_weights("resnet50").name
    'IMAGENET1K_V2'
    """
    if model_name not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise ValueError(message("errors.transfer.unknown", model_name=model_name, known=known))
    from torchvision.models import get_model_weights

    return get_model_weights(model_name).DEFAULT


def get_resnet_pretrained(model_name: str, num_classes: int) -> ResNet:
    """Return a network with ImageNet weights, a frozen backbone and a new, untrained head for `num_classes`.

    The weights come from torchvision and are downloaded once, to the folder ``hub/checkpoints`` in ``TORCH_HOME`` (by
    default ``~/.cache/torch``), or to a temporary folder if nothing can be written there; a sentence says so.

    Parameters
    ----------
    model_name : str
        One of `resnet_course.resnet.ARCHITECTURES`, such as ``"resnet18"``.
    num_classes : int
        How many classes the new head tells apart.

    Returns
    -------
    ResNet
        ``[N, 3, H, W] -> [N, num_classes]``. Only ``fc`` is trainable; see `freeze_backbone`.

    Raises
    ------
    ValueError
        If the name is unknown (the message lists the known ones), or there are no classes.
    OSError
        If the weights are neither on this machine nor to be had over the network, or their file is damaged; the
        message says what was looked for, where, and how to get it.

    Examples
    --------
    With the weights on this machine, or a network::

        model = get_resnet_pretrained("resnet18", num_classes=2)
        history = fit(model, train, epochs=3)

    An unknown name is an error that lists the known ones.

    >>> get_resnet_pretrained("resnet19", num_classes=2)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ValueError: `model_name` is 'resnet19'; the known ones are: resnet18, resnet34, ...
    """
    weights = pretrained_weights(model_name)
    check_num_classes(num_classes)
    model = create_resnet(model_name)
    model.load_state_dict(_state_dict(weights), strict=True)
    return freeze_backbone(replace_head(model, num_classes))


def official_weights(architecture: str) -> tuple[dict[str, Tensor], bool]:
    """Return torchvision's weights of an architecture: ImageNet's, or random ones where these cannot be had.

    A sentence in the learner's language says which they are, and why.

    Parameters
    ----------
    architecture : str
        One of `resnet_course.resnet.ARCHITECTURES`.

    Returns
    -------
    state_dict : dict
        Name to tensor.
    trained : bool
        Whether they are ImageNet's.

    Raises
    ------
    ValueError
        If the name is unknown; the message lists the known ones.

    Examples
    --------
    >>> state_dict, trained = official_weights("resnet18")  # doctest: +ELLIPSIS
    resnet18: ...
    >>> len(state_dict)
    122
    """
    state_dict = imagenet_weights(architecture)
    if state_dict is not None:
        return state_dict, True
    print(f"{architecture}: {message('common.weights.random')}")
    from torchvision.models import get_model

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return dict(get_model(architecture, weights=None).state_dict()), False


def imagenet_weights(architecture: str) -> dict[str, Tensor] | None:
    """Return torchvision's ImageNet weights of an architecture, or None where they cannot be had.

    A sentence in the learner's language says that they are here, or why a file or a download is of no use. Where there
    is neither, nothing is said.

    Parameters
    ----------
    architecture : str
        One of `resnet_course.resnet.ARCHITECTURES`.

    Raises
    ------
    ValueError
        If the name is unknown; the message lists the known ones.

    Examples
    --------
    >>> state_dict = imagenet_weights("resnet18")  # doctest: +SKIP
    resnet18: trained on ImageNet (ResNet18_Weights.IMAGENET1K_V1)
    """
    weights = pretrained_weights(architecture)
    if not (_file(weights).exists() or is_online()):
        return None
    try:
        state_dict = _state_dict(weights)
    except OSError as problem:
        print(f"{architecture}: {problem}")
        return None
    print(f"{architecture}: {message('common.weights.trained', name=weights)}")
    return dict(state_dict)


@contextmanager
def weights_from(source: dict[str, Tensor] | Callable[[Any], dict[str, Tensor]]) -> Iterator[None]:
    """Inside the ``with`` block, give torchvision's models the weights that `source` returns instead of a download.

    So code that asks for official weights runs without a network, unchanged.

    Parameters
    ----------
    source : dict or callable
        A ``state_dict``; or ``source(weights)``, which gets the member of the ``weights`` enum that is asked for and
        returns one.

    Examples
    --------
    >>> from torchvision.models import get_model
    >>> zeros = {name: torch.zeros_like(each) for name, each in create_resnet("resnet18").state_dict().items()}
    >>> with weights_from(zeros):
    ...     model = get_model("resnet18", weights="DEFAULT")
    >>> model.conv1.weight.abs().max().item()
    0.0
    """
    from torchvision.models import WeightsEnum, get_model_weights

    members = {each.url: each for name in ARCHITECTURES for each in get_model_weights(name)}
    by_member, by_url = WeightsEnum.get_state_dict, torch.hub.load_state_dict_from_url
    given = source if callable(source) else lambda _: source

    def from_url(url: str, *settings: Any, **named: Any) -> dict[str, Tensor]:
        return given(members[url]) if url in members else by_url(url, *settings, **named)

    WeightsEnum.get_state_dict = lambda self, *settings, **named: given(self)
    torch.hub.load_state_dict_from_url = from_url
    try:
        yield
    finally:
        WeightsEnum.get_state_dict, torch.hub.load_state_dict_from_url = by_member, by_url


def _file(weights: Any) -> Path:
    return Path(torch.hub.get_dir()) / "checkpoints" / weights.url.rpartition("/")[2]


def _state_dict(weights: Any) -> dict[str, Tensor]:
    file = _file(weights)
    was_here = file.exists()
    try:
        with _patience(NETWORK_SECONDS):
            return write_somewhere(
                file.parent,
                lambda folder: weights.get_state_dict(progress=True, check_hash=True, model_dir=str(folder)),
            )
    except Exception as error:
        # Where the file is damaged, PyTorch's errors are of many kinds: of pickle, of zip files, of hashes.
        key = "damaged" if was_here or not isinstance(error, OSError) else "offline"
        raise OSError(
            message(f"errors.transfer.{key}", name=weights, file=file, url=weights.url, reason=why(error))
        ) from error


@contextmanager
def _patience(seconds: float) -> Iterator[None]:
    # torch.hub passes no timeout on, and without one a dead network can hold a cell for minutes.
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def replace_head(model: Model, num_classes: int) -> Model:
    """Give a network a new, untrained linear layer ``fc`` for another number of classes, in place.

    Parameters
    ----------
    model : torch.nn.Module
        A network whose last layer is the linear layer ``fc``.
    num_classes : int
        Number of outputs of the new layer.

    Returns
    -------
    torch.nn.Module
        The same model.

    Raises
    ------
    ValueError
        If the model has no linear layer ``fc``, or there are no classes.

    Examples
    --------
    >>> replace_head(create_resnet("resnet18"), num_classes=3).fc
    Linear(in_features=512, out_features=3, bias=True)
    """
    check_num_classes(num_classes)
    head = _head(model)
    model.fc = nn.Linear(head.in_features, num_classes, device=head.weight.device, dtype=head.weight.dtype)
    return model


def freeze_backbone(model: Model) -> Model:
    """Freeze everything but the head ``fc``, in place, BatchNorm's running statistics included.

    ``requires_grad = False`` keeps an optimizer from changing weights. BatchNorm's running mean and variance are not
    weights: in train mode every batch moves them, frozen or not, and with them the output of the "frozen" backbone.
    Here a BatchNorm whose weights are frozen stays in eval mode, also after ``model.train()``; one that is unfrozen
    with ``requires_grad_(True)`` works as usual again.

    Parameters
    ----------
    model : torch.nn.Module
        A network whose last layer is the linear layer ``fc``.

    Returns
    -------
    torch.nn.Module
        The same model.

    Raises
    ------
    ValueError
        If the model has no linear layer ``fc``.

    Examples
    --------
    >>> model = freeze_backbone(create_resnet("resnet18"))
    >>> [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    ['fc.weight', 'fc.bias']
    >>> before = model.bn1.running_mean.clone()
    >>> _ = model.train()(torch.rand(2, 3, 32, 32))
    >>> torch.equal(model.bn1.running_mean, before)
    True
    """
    head = _head(model)
    model.requires_grad_(False)
    head.requires_grad_(True)
    for module in model.modules():
        if (
            isinstance(module, nn.modules.batchnorm._BatchNorm)
            and _stay_still not in module._forward_pre_hooks.values()
        ):
            module.register_forward_pre_hook(_stay_still)
    return model


def _stay_still(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
    if not any(parameter.requires_grad for parameter in module.parameters()):
        module.eval()


def parameter_groups(model: nn.Module, head_lr: float, backbone_lr: float) -> list[dict[str, Any]]:
    """Return a network's parameters in two groups for an optimizer: backbone and head, each with its learning rate.

    Parameters
    ----------
    model : torch.nn.Module
        A network whose last layer is the linear layer ``fc``.
    head_lr, backbone_lr : float
        Learning rates. The backbone's is usually 10 to 100 times smaller: large steps destroy what it knows.

    Returns
    -------
    list of dict
        ``[{"params": …, "lr": backbone_lr}, {"params": …, "lr": head_lr}]``. Frozen parameters are in their group
        too (an optimizer passes over them), so that they are trained as soon as they are unfrozen.

    Raises
    ------
    ValueError
        If the model has no linear layer ``fc``, or a rate is negative.

    Examples
    --------
    >>> groups = parameter_groups(create_resnet("resnet18"), head_lr=1e-2, backbone_lr=1e-4)
    >>> [(len(group["params"]), group["lr"]) for group in groups]
    [(60, 0.0001), (2, 0.01)]
    """
    for name, rate in (("head_lr", head_lr), ("backbone_lr", backbone_lr)):
        if rate < 0:
            raise ValueError(message("errors.transfer.rate", name=name, rate=rate))
    head = set(_head(model).parameters())
    return [
        {"params": [each for each in model.parameters() if each not in head], "lr": backbone_lr},
        {"params": [each for each in model.parameters() if each in head], "lr": head_lr},
    ]


def _head(model: nn.Module) -> nn.Linear:
    head = getattr(model, "fc", None)
    if not isinstance(head, nn.Linear):
        last = [name for name, _ in model.named_children()][-1:] or ["–"]
        raise ValueError(message("errors.transfer.no-head", model=type(model).__name__, last=last[0]))
    return head
