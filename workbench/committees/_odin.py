"""ODIN: a softmax at a temperature, of a slightly changed image (Chen et al. III-A.5)."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from workbench.committees._classes import predicted_classes
from workbench.committees._sums import RunningSums

if TYPE_CHECKING:
    from workbench.committees._forwards import Forwards
    from workbench.types import Committee


def odin(
    forwards: Forwards, needs: AbstractSet[str], temperature: float, epsilon: float
) -> Committee:
    """Build the committee of one member whose logits are divided by a temperature.

    The paper's score is least confidence of this committee. The image is changed first, to
    x̃ = x − ε · sign(−∇ₓ log P_ŷ(x; T)). The minus signs are read as in Liang et al. 2018: a step
    of size ε that *raises* the largest softmax value, x + ε · sign(∇ₓ log P_ŷ). An image has one
    largest value per pixel, so ∇ₓ is taken of the sum of log P_ŷ over the image's pixels.

    With ε = 0 the logits are those of ``softmax`` at any temperature; with T = 1 as well, the
    committee equals that of ``softmax``.

    Args:
        forwards: the batch's passes; ``identity`` is read if ε = 0.
        needs: sums to keep. ``mean_entropy`` is a by-product of the softmax and always kept.
        temperature: T > 0; above 1 it flattens, below 1 it sharpens.
        epsilon: ε ≥ 0 in units of the normalised image.

    Returns:
        A committee with ``n`` = 1.
    """
    if epsilon:
        key = f"odin:{temperature!r},{epsilon!r}"
        logits = forwards.logits(key, lambda x: perturbed(forwards, x, temperature, epsilon))
    else:
        logits = forwards.logits()
    sums = RunningSums({*needs, "mean_entropy"}, forwards.workspace)
    sums.add(logits, temperature=temperature)
    return sums.committee()


def perturbed(forwards: Forwards, x: Tensor, temperature: float, epsilon: float) -> Tensor:
    """Move every image by ε along the sign of the gradient of its summed log P_ŷ.

    The gradient is taken in float32, also where the scan runs in lower precision, since rounding
    changes the sign of values near 0.
    """
    with torch.enable_grad():
        leaf = x.detach().clone().requires_grad_()
        log_probs = (forwards.model(leaf).float() / temperature).log_softmax(dim=1)
        likeliest = predicted_classes(log_probs.detach()).long().unsqueeze(1)
        (gradient,) = torch.autograd.grad(log_probs.gather(1, likeliest).sum(), leaf)
    return x + epsilon * gradient.sign()
