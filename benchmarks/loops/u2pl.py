"""The minimal loop of U2PL: student, teacher, pseudo-labels by CutMix, contrast with a memory."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from itertools import count

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.loops.data import VOID, Data, Losses, numbers
from workbench.learning._projection import Projection

ANCHORS, NEGATIVES, MEMORY, WIDTH = 256, 50, 30000, 256
CONFIDENCE = 0.0
"""Every pixel may be an anchor, so that each class has some from the first step on."""


def u2pl(
    data: Data, unreliable: float = 0.2, ema: float = 0.99, cutmix: float = 0.5
) -> Iterator[Losses]:
    """All terms from the first step on; the unreliable share stays what it is at the start."""
    model = data.build("network").train()
    student = (
        nn.ModuleList([model, Projection(model.taps["decoder"], WIDTH)]).to(data.device).train()
    )
    teacher = copy.deepcopy(student).requires_grad_(False)
    # two, since the projection has no gradient before the memory has negatives
    optimizers = [
        torch.optim.SGD(part.parameters(), lr=1e-3, momentum=0.9, weight_decay=1e-4, fused=True)
        for part in student
    ]
    memory = [torch.empty(0, WIDTH, device=data.device) for _ in range(model.n_classes)]
    for step, chosen, others in zip(count(), data.batches(), data.batches(len(data.pool))):
        images, masks, more = data.images[chosen], data.masks[chosen], data.pool[others]
        with torch.no_grad():
            teacher.eval()
            pseudo = teacher[0](model.normalise(more)).argmax(1).to(torch.uint8)
            teacher.train()
        if torch.rand(()) < cutmix:
            more, pseudo = cut_and_mixed(more, pseudo)
        both = torch.cat([images, more])
        logits, features = run(student, both)
        labelled, unlabelled = logits.split([len(images), len(more)])
        entropy = F.cross_entropy(labelled, masks.long(), ignore_index=VOID)

        with torch.no_grad():
            their_logits, theirs = run(teacher, both)
            probs = their_logits[len(images) :].softmax(1)
            doubt = torch.special.entr(probs).sum(1)
            low, high = np.percentile(
                doubt.cpu().numpy(), [100 * unreliable, 100 * (1 - unreliable)]
            )
            sure, unsure = doubt <= low, doubt >= high
        reliable = torch.where(unsure, VOID, pseudo)
        share = (reliable != VOID).float().mean()
        own = F.cross_entropy(unlabelled, reliable.long(), ignore_index=VOID) / share

        known = masks != VOID
        at = [
            centres(t, features.shape[1:3])
            for t in (
                their_logits,
                torch.cat([masks, pseudo]),
                torch.cat([known, sure]),
                torch.cat([known, unsure]),
            )
        ]
        contrasted = 0.1 * contrast(features, theirs, at, len(images), memory)
        (entropy + own + contrasted).backward()
        for optimizer in optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        with torch.no_grad():
            weights = list(teacher.parameters())
            torch._foreach_lerp_(weights, list(student.parameters()), max(1 / (step + 1), 1 - ema))
        losses = {"cross_entropy": entropy, "self_training": own, "contrast": contrasted}
        yield numbers({name: loss.detach() for name, loss in losses.items()})


def run(networks: nn.ModuleList, images: Tensor) -> tuple[Tensor, Tensor]:
    """Return logits (B, C, H, W) and projected features (B, h, w, D) of the decoder's tap."""
    model, projection = networks
    logits, taps = model.features(model.normalise(images), ["decoder"])
    features = taps["decoder"]
    cell = [max(1, 4 * h // w) for h, w in zip(features.shape[2:], images.shape[1:3], strict=True)]
    maps = F.avg_pool2d(features, cell, ceil_mode=True).permute(0, 2, 3, 1)
    return logits, projection(maps.reshape(-1, maps.shape[3])).view(*maps.shape[:3], -1)


def cut_and_mixed(images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return images and labels with a rectangle of half the area from the next image each."""
    images, labels = images.clone(), labels.clone()
    (count, height, width), before = labels.shape, (images.clone(), labels.clone())
    for n in range(count):
        across = int(torch.randint(width // 2 + 1, width, ()))
        down = round(height * width / 2 / across)
        y, x = (int(torch.randint(room + 1, ())) for room in (height - down, width - across))
        for now, then in zip((images, labels), before, strict=True):
            now[n, y : y + down, x : x + across] = then[
                (n + 1) % count, y : y + down, x : x + across
            ]
    return images, labels


def centres(maps: Tensor, cells: tuple[int, int]) -> Tensor:
    """Return the pixels (..., h, w) in the middle of cells."""
    ys, xs = (
        ((torch.arange(n) + 0.5) * pixels / n).long()
        for n, pixels in zip(cells, maps.shape[-2:], strict=True)
    )
    return maps[..., ys[:, None], xs]


def contrast(
    features: Tensor, theirs: Tensor, at: list[Tensor], labelled: int, memory: list[Tensor]
) -> Tensor:
    """Return the mean loss of the classes of a batch; their negatives are put into the memory."""
    logits, labels, sure, unsure = at
    probs = logits.softmax(1).permute(1, 0, 2, 3)  # (C, B, h, w)
    ranks = probs.argsort(0, descending=True).argsort(0)
    of_pool = torch.zeros_like(sure)
    of_pool[labelled:] = True
    for number, rank in enumerate(ranks):
        negative = torch.where(of_pool, (rank >= 3) & (rank < 20), (rank < 3) & (labels != number))
        found = F.normalize(theirs[negative & unsure], dim=1)
        memory[number] = torch.cat([memory[number], found])[-MEMORY:]
    present = [int(number) for number in labels[sure].unique()]
    total = features.new_zeros(())
    for number in present:
        of_class = sure & (labels == number)
        confident = features[of_class & (probs[number] > CONFIDENCE)]
        if not len(confident) or not len(memory[number]):
            continue
        anchors = F.normalize(
            confident[torch.randint(len(confident), (ANCHORS,), device=labels.device)], dim=1
        )
        centre = F.normalize(theirs[of_class].mean(0), dim=0)
        drawn = torch.randint(len(memory[number]), (ANCHORS * NEGATIVES,), device=labels.device)
        others = memory[number][drawn].view(ANCHORS, NEGATIVES, -1)
        similar = torch.cat([anchors @ centre[:, None], (others @ anchors[..., None])[..., 0]], 1)
        total = total + F.cross_entropy(similar / 0.5, labels.new_zeros(ANCHORS).long())
    return total / max(1, len(present))
