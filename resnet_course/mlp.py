"""Deep nets of linear layers for the digits: where gradients vanish, explode or survive."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn

from resnet_course.blocks import Residual
from resnet_course.language import message

PIXELS, CLASSES = 28 * 28, 10
INITIALISATIONS: dict[str, Callable[[Tensor], Tensor] | None] = {
    "default": None,
    "xavier": nn.init.xavier_normal_,
    "he": lambda weight: nn.init.kaiming_normal_(weight, nonlinearity="relu"),
}


def deep_mlp(
    depth: int,
    width: int,
    activation: type[nn.Module],
    *,
    norm: bool = False,
    shortcut: bool = False,
) -> nn.Sequential:
    """Return a net of `depth` linear layers for images of 28 × 28 pixels and ten classes.

    Parameters
    ----------
    depth : int
        Number of linear layers: the first takes the pixels, the last gives the logits; at least 2.
    width : int
        Numbers that each hidden layer returns.
    activation : type
        What follows every linear layer but the last, such as ``nn.Sigmoid``.
    norm : bool
        A BatchNorm between every linear layer and its activation.
    shortcut : bool
        A shortcut around every hidden layer whose input and output have the same width: all but the first and last.

    Returns
    -------
    torch.nn.Sequential
        ``[N, 1, 28, 28] -> [N, 10]``.

    Raises
    ------
    ValueError
        If the depth is less than 2.

    Examples
    --------
    >>> deep_mlp(3, 64, nn.Sigmoid)
    Sequential(
      (0): Flatten(start_dim=1, end_dim=-1)
      (1): Linear(in_features=784, out_features=64, bias=True)
      (2): Sigmoid()
      (3): Linear(in_features=64, out_features=64, bias=True)
      (4): Sigmoid()
      (5): Linear(in_features=64, out_features=10, bias=True)
    )
    """
    if not isinstance(depth, int) or depth < 2:
        raise ValueError(message("errors.mlp.depth", depth=depth))
    layers: list[nn.Module] = [nn.Flatten(), *_hidden(PIXELS, width, activation, norm)]
    for _ in range(depth - 2):
        hidden = _hidden(width, width, activation, norm)
        layers += [Residual(nn.Sequential(*hidden))] if shortcut else hidden
    return nn.Sequential(*layers, nn.Linear(width, CLASSES))


def _hidden(inputs: int, outputs: int, activation: type[nn.Module], norm: bool) -> list[nn.Module]:
    between = [nn.BatchNorm1d(outputs)] if norm else []
    return [nn.Linear(inputs, outputs), *between, activation()]


def initialise_linear(model: nn.Module, scheme: str) -> nn.Module:
    """Draw the weights of all linear layers anew and set their biases to 0.

    Parameters
    ----------
    model : torch.nn.Module
        Changed in place.
    scheme : {"default", "xavier", "he"}
        ``"xavier"``: variance 2 / (inputs + outputs), Glorot & Bengio 2010, equation 12. ``"he"``: variance
        2 / inputs, He et al. 2015 ("Delving deep into rectifiers"), equation 10. ``"default"`` leaves PyTorch's own:
        variance 1 / (3 · inputs).

    Returns
    -------
    torch.nn.Module
        The model.

    Raises
    ------
    ValueError
        If there is no such scheme.

    Examples
    --------
    >>> layer = initialise_linear(nn.Linear(1000, 200), "he")
    >>> abs(layer.weight.var().item() - 2 / 1000) < 1e-4, layer.bias.abs().max().item()
    (True, 0.0)
    """
    if scheme not in INITIALISATIONS:
        raise ValueError(message("errors.mlp.scheme", scheme=scheme, known=", ".join(INITIALISATIONS)))
    draw = INITIALISATIONS[scheme]
    if draw is not None:
        for module in model.modules():
            if isinstance(module, nn.Linear):
                draw(module.weight)
                nn.init.zeros_(module.bias)
    return model
