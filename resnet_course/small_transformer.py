"""A small Transformer for the digits, with or without its shortcuts: residual learning beyond convolutions."""

from __future__ import annotations

from copy import deepcopy

import torch
from torch import Tensor, nn

from resnet_course.language import message
from resnet_course.mlp import CLASSES

SIDE, TOKENS = 28, 14  # every two rows of a digit are one token


class TransformerBlock(nn.Module):
    """Attention between the tokens, then a small net for each token; with shortcuts around both, or without any.

    Vaswani et al. 2017, figure 1 (left), with the LayerNorms inside the shortcuts: ``x + attention(norm1(x))``, then
    ``x + mlp(norm2(x))``.

    Parameters
    ----------
    width : int
        Numbers in each token.
    heads : int
        Parallel attentions among which the width is divided; they must divide it.
    shortcut : bool
        Without it the block is ``attention(norm1(x))``, then ``mlp(norm2(x))``.
    attention : bool
        Without it the first step is left out, and no token sees another.

    Examples
    --------
    >>> TransformerBlock(48, heads=4)(torch.zeros(2, 14, 48)).shape
    torch.Size([2, 14, 48])
    """

    def __init__(self, width: int, heads: int, shortcut: bool = True, attention: bool = True) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width) if attention else None
        self.attention = nn.MultiheadAttention(width, heads, batch_first=True) if attention else None
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))
        self.shortcut = shortcut

    def forward(self, x: Tensor) -> Tensor:
        """Map tokens ``[N, tokens, width]`` to as many of the same size."""
        if self.norm1 is not None and self.attention is not None:
            normed = self.norm1(x)
            attended, _ = self.attention(normed, normed, normed, need_weights=False)
            x = x + attended if self.shortcut else attended

        seen = self.mlp(self.norm2(x))
        return x + seen if self.shortcut else seen


class SmallTransformer(nn.Module):
    """A digit cut into 14 tokens, `depth` Transformer blocks, the mean over the tokens, a linear classifier.

    Parameters
    ----------
    depth : int
        Number of blocks, each with an attention and a small net.
    shortcut : bool
        Whether the blocks have their shortcuts.
    attention : bool
        Whether the blocks have their attention.
    width : int
        Numbers in each token.
    heads : int
        Parallel attentions in each block.

    Raises
    ------
    ValueError
        If there is no block, or the heads do not divide the width.

    Examples
    --------
    >>> SmallTransformer(2)(torch.zeros(1, 1, 28, 28)).shape
    torch.Size([1, 10])
    """

    def __init__(
        self, depth: int, shortcut: bool = True, attention: bool = True, width: int = 48, heads: int = 4
    ) -> None:
        super().__init__()
        if not isinstance(depth, int) or depth < 1 or width % heads:
            raise ValueError(message("errors.small-transformer.sizes", depth=depth, width=width, heads=heads))
        self.embed = nn.Linear(SIDE * SIDE // TOKENS, width)
        # Attention does not know an order: each place gets numbers of its own, learnt like weights.
        self.position = nn.Parameter(0.02 * torch.randn(TOKENS, width))
        blocks = (TransformerBlock(width, heads, shortcut, attention) for _ in range(depth))
        self.blocks = nn.Sequential(*blocks)
        self.norm = nn.LayerNorm(width)
        self.fc = nn.Linear(width, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Map digits ``[N, 1, 28, 28]`` to logits ``[N, 10]``."""
        x = cut_into_tokens(x)
        x = self.embed(x) + self.position
        x = self.blocks(x)
        x = self.norm(x).mean(dim=1)
        return self.fc(x)


def token_spread(net: SmallTransformer, images: Tensor) -> list[float]:
    """Return how far apart the tokens of an image are after each block, relative to their size.

    0 means that all tokens of an image are the same, which Dong et al. 2021 call rank collapse. Computed with double
    precision, on a copy of the net.

    Parameters
    ----------
    net : SmallTransformer
        It stays as it is.
    images : torch.Tensor
        ``[N, 1, 28, 28]``.

    Returns
    -------
    list of float
        For each block the norm of what distinguishes the tokens that it gives from their mean over the image, divided
        by their own norm; from 0 to 1.

    Examples
    --------
    >>> _ = torch.manual_seed(0)
    >>> images = torch.rand(5, 1, 28, 28)
    >>> apart, alike = token_spread(SmallTransformer(4), images), token_spread(SmallTransformer(4, False), images)
    >>> len(apart), apart[-1] > 0.05, alike[-1] < 1e-6
    (4, True, True)
    """
    net = deepcopy(net).double()
    spread = []
    with torch.no_grad():
        tokens = net.embed(cut_into_tokens(images.double())) + net.position
        for block in net.blocks:
            tokens = block(tokens)
            apart = tokens - tokens.mean(dim=1, keepdim=True)
            spread.append((apart.norm() / tokens.norm()).item())
    return spread


def cut_into_tokens(images: Tensor) -> Tensor:
    """Return each digit as 14 tokens: the pixels of its first two rows, of the next two, and so on.

    Parameters
    ----------
    images : torch.Tensor
        ``[N, 1, 28, 28]``.

    Returns
    -------
    torch.Tensor
        ``[N, 14, 56]``.

    Examples
    --------
    >>> tokens = cut_into_tokens(torch.arange(784.0).reshape(1, 1, 28, 28))
    >>> tokens.shape, tokens[0, 1, :3].tolist()
    (torch.Size([1, 14, 56]), [56.0, 57.0, 58.0])
    """
    return images.reshape(len(images), TOKENS, -1)
