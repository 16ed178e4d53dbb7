"""Which part of an image a network looked at: Grad-CAM."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from resnet_course.evaluation import device_of, evaluating
from resnet_course.language import message


def grad_cam(model: nn.Module, images: Tensor, classes: Tensor | None = None, layer: nn.Module | None = None) -> Tensor:
    """Return for each image a map of how much each place speaks for a class.

    The maps of a late layer are weighted with the mean gradient of the class's logit with respect to each of them,
    added up, and cut off below zero: Selvaraju et al. 2017, equations 1 and 2.

    Parameters
    ----------
    model : torch.nn.Module
        ``[N, C, H, W] -> [N, classes]`` logits. Runs in eval mode; modes and ``.grad`` stay as they were, and frozen
        weights are no hindrance.
    images : torch.Tensor
        ``[N, C, H, W]``.
    classes : torch.Tensor, optional
        ``[N]``, int64: the class to explain; by default the one the model finds most probable.
    layer : torch.nn.Module, optional
        Part of the model whose output is ``[N, channels, h, w]``; by default the last stage, ``layer4`` or ``layer3``.

    Returns
    -------
    torch.Tensor
        ``[N, H, W]`` on the CPU, from 0 to 1 (the image's strongest place); all 0 where nothing speaks for the class.

    Raises
    ------
    ValueError
        If the model has no stages and no layer is given, or the layer does not run or returns no maps.

    Examples
    --------
    >>> from resnet_course.small_nets import create_small_resnet
    >>> grad_cam(create_small_resnet(20), torch.rand(2, 3, 32, 32)).shape
    torch.Size([2, 32, 32])
    """
    layer = layer if layer is not None else _last_stage(model)
    images = images.to(device_of(model))
    maps: list[Tensor] = []

    def start_graph(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> Tensor:
        # The gradient is asked of this output; a graph that begins here needs no weight to be trainable.
        maps.append(output.detach().requires_grad_())
        return maps[-1].clone()  # a copy, because a ReLU in place may follow

    hook = layer.register_forward_hook(start_graph)
    try:
        with evaluating(model), torch.enable_grad():
            logits = model(images)
    finally:
        hook.remove()
    if not maps or maps[-1].dim() != 4:
        raise ValueError(message("errors.grad-cam.layer", shape=list(maps[-1].shape) if maps else "–"))
    if classes is None:
        classes = logits.argmax(1)
    chosen = logits.gather(1, classes.to(logits.device).unsqueeze(1))
    (gradient,) = torch.autograd.grad(chosen.sum(), maps[-1])

    importance = gradient.mean(dim=(2, 3), keepdim=True)
    heat = F.relu((importance * maps[-1]).sum(dim=1, keepdim=True)).detach()
    heat = F.interpolate(heat, size=images.shape[2:], mode="bilinear", align_corners=False).squeeze(1)
    strongest = heat.amax(dim=(1, 2), keepdim=True)
    return torch.where(strongest > 0, heat / strongest, heat).cpu()


def _last_stage(model: nn.Module) -> nn.Module:
    stages = [module for name, module in model.named_children() if name.startswith("layer")]
    if not stages:
        raise ValueError(message("errors.grad-cam.no-stage", model=type(model).__name__))
    return stages[-1]
