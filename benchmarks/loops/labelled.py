"""Minimal loops of the learners whose only loss is that of labels, and of self-consistency."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F

from benchmarks.loops.data import VOID, Data, Losses, numbers


def supervised(data: Data) -> Iterator[Losses]:
    """Cross-entropy on the labelled pixels, Adam."""
    model = data.build("network").train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    for chosen in data.batches():
        logits = model(model.normalise(data.images[chosen]))
        loss = F.cross_entropy(logits, data.masks[chosen].long(), ignore_index=VOID)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        yield {"cross_entropy": loss.item()}


def self_consistency(data: Data) -> Iterator[Losses]:
    """Cross-entropy on images and mirror images, and the squared difference of their logits."""
    model = data.build("network").train()
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-4, weight_decay=2e-4, fused=True)
    for chosen in data.batches():
        images, masks = data.images[chosen], data.masks[chosen].long()
        logits = model(model.normalise(images))
        mirrored = model(model.normalise(images.flip(2))).flip(3)
        entropies = [
            F.cross_entropy(found, masks, ignore_index=VOID) for found in (logits, mirrored)
        ]
        losses = {
            "cross_entropy": entropies[0] + entropies[1],
            "consistency": 2 * F.mse_loss(logits, mirrored),
        }
        (losses["cross_entropy"] + losses["consistency"]).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        yield numbers({name: loss.detach() for name, loss in losses.items()})


def pseudo_labels(data: Data) -> Iterator[Losses]:
    """Supervised training on labelled images and on images with predicted classes."""
    together = Data(
        data.build,
        torch.cat([data.images, data.pool]),
        torch.cat([data.masks, data.pseudo]),
        data.pool,
        data.pseudo,
        data.batch_size,
    )
    yield from supervised(together)


def bootstrap(data: Data, networks: int = 4) -> Iterator[Losses]:
    """One step each of several networks, each on draws with replacement of its own."""
    loops = []
    for member in range(networks):
        drawn = torch.randint(len(data.images), (len(data.images),), device=data.device)
        name = f"network-{member}" if member else "network"
        loops.append(
            supervised(
                Data(
                    lambda _, name=name: data.build(name),
                    data.images[drawn],
                    data.masks[drawn],
                    data.pool,
                    data.pseudo,
                    data.batch_size,
                )
            )
        )
    while True:
        losses = [next(loop)["cross_entropy"] for loop in loops]
        yield {f"cross_entropy-{n}" if n else "cross_entropy": v for n, v in enumerate(losses)}
