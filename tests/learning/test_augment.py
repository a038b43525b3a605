"""Augmentation changes image and mask together and invents no labels."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.learning._augment import FILL, Augmentation
from workbench.types import IGNORE


def _telling_sample(height=40, width=60, block=10):
    """A picture that shows its own labels, in blocks."""
    rows, columns = np.arange(height)[:, None] // block, np.arange(width) // block
    mask = ((rows + columns) % 3).astype(np.uint8)
    image = np.repeat((mask * 80 + 20)[..., None], 3, axis=2).astype(np.uint8)
    return torch.from_numpy(image), torch.from_numpy(mask)


@given(
    st.sets(st.sampled_from(["hflip", "scale"])),
    st.sampled_from([None, (40, 60), (16, 24), (80, 100), (20, 120)]),
    st.integers(0, 50),
)
@settings(max_examples=60, deadline=None)
def test_image_and_mask_move_together(kinds, crop, seed):
    image, mask = _telling_sample()
    changed, labels = Augmentation(tuple(kinds), crop, seed)(image, mask)
    assert labels.shape == (crop or (40, 60))
    assert changed.shape == (*labels.shape, 3)
    assert changed.dtype == labels.dtype == torch.uint8
    assert set(labels.unique().tolist()) <= {0, 1, 2, IGNORE}
    void = labels == IGNORE
    shown = ((changed[..., 0].float() - 20) / 80).round()
    known = ~void
    if "scale" not in kinds:
        assert (shown[known] == labels[known]).all()
        assert (changed[void] == torch.tensor(FILL, dtype=torch.uint8)).all()
    elif known.any():  # edges of blocks are blurred
        assert (shown[known] == labels[known]).float().mean() > 0.6


def test_a_flip_mirrors_half_of_the_samples():
    image, mask = _telling_sample()
    augment = Augmentation(("hflip",), None, seed=0)
    flipped = [torch.equal(augment(image, mask)[1], mask.flip(1)) for _ in range(200)]
    assert 70 < sum(flipped) < 130


def test_colour_leaves_the_mask_alone():
    image, mask = _telling_sample()
    changed, labels = Augmentation(("colour",), None, seed=1)(image, mask)
    assert torch.equal(labels, mask)
    assert not torch.equal(changed, image)
    assert (changed.float() - image.float()).abs().max() < 130


def test_a_crop_shows_all_of_the_image_in_the_end():
    image, mask = _telling_sample(20, 30, 5)
    image[..., 1] = torch.arange(20, dtype=torch.uint8)[:, None] * 12
    augment = Augmentation((), (5, 5), seed=0)
    tops = {int(augment(image, mask)[0][0, 0, 1]) // 12 for _ in range(300)}
    assert tops == set(range(16))


@pytest.mark.parametrize("crop", [None, (12, 12)])
def test_the_seed_alone_decides(crop):
    image, mask = _telling_sample()
    torch.manual_seed(4)
    before = torch.get_rng_state()
    kinds = ("hflip", "scale", "colour")
    one, two, other = (Augmentation(kinds, crop, seed) for seed in (1, 1, 2))
    same = [(one(image, mask), two(image, mask), other(image, mask)) for _ in range(5)]
    assert all(torch.equal(a[0], b[0]) and torch.equal(a[1], b[1]) for a, b, _ in same)
    assert any(not torch.equal(a[0], c[0]) for a, _, c in same)
    assert torch.equal(torch.get_rng_state(), before)


def _few_labels(height=60, width=80):
    """One labelled pixel in a void mask."""
    mask = torch.full((height, width), IGNORE, dtype=torch.uint8)
    mask[height // 5, width // 8] = 1
    return torch.zeros(height, width, 3, dtype=torch.uint8), mask


@pytest.mark.parametrize(
    ("kinds", "crop"), [((), (8, 8)), (("scale",), None), (("scale",), (9, 5))]
)
def test_a_window_holds_a_labelled_pixel(kinds, crop, monkeypatch):
    from workbench.learning import _augment

    windows = []
    plain = _augment._window
    monkeypatch.setattr(_augment, "_window", lambda *a: windows.append(plain(*a)) or windows[-1])
    image, mask = _few_labels()
    shares = {}
    for around in ("labelled", "anywhere"):
        windows.clear()
        augment = Augmentation(kinds, crop, 0, around)
        for _ in range(60):
            augment(image, mask)
        shares[around] = np.mean([bool((w != IGNORE).any()) for w in windows[1::2]])
    assert shares["labelled"] == 1
    assert shares["anywhere"] < 0.9


def test_every_labelled_pixel_and_every_place_of_it_is_as_likely():
    image, mask = _few_labels(9, 9)
    mask[:] = IGNORE
    mask[4, 2] = mask[4, 6] = 0
    image[..., 0] = torch.arange(9, dtype=torch.uint8)
    augment = Augmentation((), (3, 3), 0)
    starts = [int(augment(image, mask)[0][0, 0, 0]) for _ in range(600)]
    counts = np.bincount(starts, minlength=7)
    # columns 0 to 2 hold one, 4 to 6 the other, each equally often
    assert counts[3] == 0
    assert counts[[0, 1, 2, 4, 5, 6]].min() > 60


def test_all_void_is_cut_anywhere():
    image, mask = _few_labels()
    mask[:] = IGNORE
    assert (Augmentation((), (5, 5), 0)(image, mask)[1] == IGNORE).all()


def test_the_scale_is_drawn_uniformly():
    drawn = {
        law: [Augmentation(("scale",), None, s, scale_law=law)._factor() for s in range(400)]
        for law in ("uniform", "log_uniform")
    }
    assert np.mean(drawn["uniform"]) == pytest.approx(1.25, abs=0.06)
    assert np.median(drawn["log_uniform"]) == pytest.approx(1.0, abs=0.1)
    assert all(0.5 <= f <= 2 for factors in drawn.values() for f in factors)
