"""One-versus-rest entropy (OREAL, WACV 2025)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from workbench.acquisition._classwise import check_classes

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.types import Committee


def one_vs_rest_entropy(committee: Committee) -> Tensor:
    """Score each pixel by how undecided it is about every class against all others.

    The sum over classes of the entropy of (P_c, 1 − P_c).

    Args:
        committee: reads ``mean_probs``.

    Returns:
        (B, H, W) nats: 0 is certain; uniform is largest, ln C + (C − 1) · ln(C / (C − 1)).

    Raises:
        ShapeError: if there are fewer than two classes.
    """
    probs = committee.mean_probs
    check_classes(probs)
    tiny = torch.finfo(probs.dtype).tiny
    total = torch.zeros_like(probs[:, 0])
    for p in probs.unbind(dim=1):
        rest = (1 - p).clamp_min_(0)  # a mean of softmaxes may pass 1 by a rounding error
        total.addcmul_(p, p.clamp_min(tiny).log_(), value=-1)
        total.addcmul_(rest, rest.clamp_min(tiny).log_(), value=-1)
    return total.clamp_min_(0)
