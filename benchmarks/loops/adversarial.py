"""Minimal loops of the learners with a discriminator."""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.loops.data import VOID, Data, Losses, numbers
from workbench.learning._discriminator import Discriminator
from workbench.learning._vae import Decoder, Encoder, LatentDiscriminator


def s4gan(data: Data) -> Iterator[Losses]:
    """Supervised; a discriminator tells true maps over their images from predicted ones."""
    model = data.build("network").train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    judge = Discriminator(model.n_classes).to(data.device).train()
    its_optimizer = torch.optim.Adam(judge.parameters(), lr=1e-4, betas=(0.9, 0.99), fused=True)
    for chosen, others in zip(data.batches(), data.batches(len(data.pool)), strict=True):
        images, masks, more = data.images[chosen], data.masks[chosen], data.pool[others]
        entropy = F.cross_entropy(model(model.normalise(images)), masks.long(), ignore_index=VOID)
        logits = model(model.normalise(more))

        seen = masks != VOID
        one_hot = F.one_hot(torch.where(seen, masks, 0).long(), model.n_classes)
        real = torch.cat([one_hot.permute(0, 3, 1, 2) * seen[:, None], unit_range(images)], 1)
        fake = torch.cat([logits.softmax(1) * seen[:, None], unit_range(more)], 1)
        judge.requires_grad_(False)
        with torch.no_grad():
            _, real_features = judge(real)
        judged, fake_features = judge(fake)
        judge.requires_grad_(True)
        matching = 0.1 * (real_features.mean(0) - fake_features.mean(0)).abs().mean()
        taken = (judged.sigmoid() > 0.6)[:, None, None] & seen
        labels = torch.where(taken, logits.argmax(1), VOID)
        own = F.cross_entropy(logits, labels, ignore_index=VOID, reduction="sum")
        own = own / taken.sum().clamp(min=1)
        (entropy + matching + own).backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

        errors = F.softplus(judge(fake.detach())[0]).mean() + F.softplus(-judge(real)[0]).mean()
        (errors / 2).backward()
        its_optimizer.step()
        its_optimizer.zero_grad(set_to_none=True)
        losses = {"cross_entropy": entropy, "feature_matching": matching, "self_training": own}
        losses["discriminator"] = errors / 2
        yield numbers({name: loss.detach() for name, loss in losses.items()})


def unit_range(images: Tensor) -> Tensor:
    """Return (B, 3, H, W) float32 from 0 to 1 of uint8 images."""
    channels = images.permute(0, 3, 1, 2).float()
    low, high = channels.min(), channels.max()
    return (channels - low) / (high - low)


def vaal(data: Data, side: int = 64, width: int = 128, latent: int = 32) -> Iterator[Losses]:
    """Supervised; two steps of an autoencoder of small images and one of a discriminator."""
    model = data.build("network").train()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    encoder = Encoder(side, width, latent).to(data.device).train()
    decoder = Decoder(side, width, latent).to(data.device).train()
    judge = LatentDiscriminator(latent).to(data.device).train()
    both = [*encoder.parameters(), *decoder.parameters()]
    of_both = torch.optim.Adam(both, lr=5e-4, fused=True)
    of_judge = torch.optim.Adam(judge.parameters(), lr=5e-4, fused=True)
    small, small_pool = (shrunk(images, side) for images in (data.images, data.pool))
    again = data.batches()
    for chosen, others in zip(data.batches(), data.batches(len(data.pool)), strict=False):
        logits = model(model.normalise(data.images[chosen]))
        entropy = F.cross_entropy(logits, data.masks[chosen].long(), ignore_index=VOID)
        entropy.backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses = {"cross_entropy": entropy}

        batches = [small[chosen], small_pool[others]]
        for turn in range(2):
            if turn:
                more = torch.randint(len(data.pool), (data.batch_size,), device=data.device)
                batches = [small[next(again)], small_pool[more]]
            batches = [images.permute(0, 3, 1, 2).float() / 255 for images in batches]
            reconstruction = divergence = deception = torch.zeros((), device=data.device)
            judge.requires_grad_(False)
            for images in batches:
                mean, log_variance = encoder(images)
                found = decoder(mean + torch.randn_like(mean) * (log_variance / 2).exp())
                reconstruction = reconstruction + F.mse_loss(found, images)
                kl = (mean.square() + log_variance.exp() - 1 - log_variance).sum() / 2
                divergence = divergence + kl
                deception = deception + F.softplus(-judge(mean)).mean()
            judge.requires_grad_(True)
            (reconstruction + divergence + deception).backward()
            of_both.step()
            of_both.zero_grad(set_to_none=True)
            terms = {"reconstruction": reconstruction, "kl": divergence, "adversarial": deception}
            losses |= {n: losses[n] + t if n in losses else t for n, t in terms.items()}

        with torch.no_grad():
            theirs, others_ = (encoder(images)[0] for images in batches)
        errors = F.softplus(-judge(theirs)).mean() + F.softplus(judge(others_)).mean()
        errors.backward()
        of_judge.step()
        of_judge.zero_grad(set_to_none=True)
        losses["discriminator"] = errors
        yield numbers({name: loss.detach() for name, loss in losses.items()})


def shrunk(images: Tensor, side: int) -> Tensor:
    """Return images as squares of a side, uint8."""
    channels = images.permute(0, 3, 1, 2).float()
    small = F.interpolate(channels, (side, side), mode="bilinear", antialias=True)
    return small.round().to(torch.uint8).permute(0, 2, 3, 1)
