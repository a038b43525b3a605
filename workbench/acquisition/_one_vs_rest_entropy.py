"""One-versus-rest entropy (OREAL, WACV 2025)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.acquisition._classwise import library_of, p_log_p, two_largest_and_rest

if TYPE_CHECKING:
    from torch import Tensor

    from workbench.types import Committee


def one_vs_rest_entropy(committee: Committee) -> Tensor:
    """Score each pixel by the sum over the classes of the entropy of (P_c, 1 − P_c).

    That is the uncertainty about each class against all others.

    Args:
        committee: its ``mean_probs`` are read.

    Returns:
        (B, H, W) nats: 0 is certain; uniform is largest, ln C + (C − 1) · ln(C / (C − 1)).

    Raises:
        ShapeError: if there are fewer than two classes.
    """
    probs = committee.mean_probs
    of = library_of(probs)
    largest, _, rest = two_largest_and_rest(probs)
    total = of.zeros_like(largest)
    for p in (probs[:, c] for c in range(probs.shape[1])):
        total -= p_log_p(p)
        total -= p_log_p(of.clip(1 - p, 0, None))  # a mean of softmaxes may exceed 1 by rounding
    total += p_log_p(of.clip(1 - largest, 0, None))  # the others' sum has more digits
    total -= p_log_p(rest)
    found: Tensor = of.clip(total, 0, None)
    return found
