"""Augmentation changes image and mask together and invents no labels."""

from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchvision import tv_tensors

from workbench.learning import _augment
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


def _pixel_by_pixel(picture, starts, size):
    """The window of a picture (3, H, W), with ``FILL`` outside."""
    window = np.empty((3, *size), np.uint8)
    for y, x in product(*map(range, size)):
        row, column = starts[0] + y, starts[1] + x
        inside = 0 <= row < picture.shape[1] and 0 <= column < picture.shape[2]
        window[:, y, x] = picture[:, row, column] if inside else FILL
    return window


@pytest.mark.parametrize("size", [(3, 4), (7, 2), (2, 9), (9, 12)])
def test_a_window_equals_its_pixels_whatever_side_it_sticks_out_of(size):
    picture = np.random.default_rng(0).integers(200, size=(3, 5, 6), dtype=np.uint8)
    for starts in product(range(-2, 5), range(-2, 6)):
        where = list(starts), list(size)
        expected = _pixel_by_pixel(picture, *where)
        image = _augment._window(tv_tensors.Image(picture), *where)
        assert torch.equal(image.as_subclass(torch.Tensor), torch.from_numpy(expected))
        mask = _augment._window(tv_tensors.Mask(picture[:1]), *where)[0].as_subclass(torch.Tensor)
        labels = np.where((expected.T == FILL).all(axis=2).T, IGNORE, expected[0])
        assert torch.equal(mask, torch.from_numpy(labels.astype(np.uint8)))


@pytest.mark.parametrize(("whole", "part"), [(7, 3), (3, 7), (4, 4), (5, 1)])
def test_windows_start_at_every_place_where_one_of_image_and_window_holds_the_other(whole, part):
    rng = np.random.default_rng(0)
    starts = {_augment._start(rng, whole, part, None) for _ in range(300)}
    assert starts == set(range(min(0, whole - part), max(0, whole - part) + 1))
    for pixel in range(whole):
        held = {_augment._start(rng, whole, part, pixel) for _ in range(100)}
        assert held == {s for s in starts if part >= whole or s <= pixel < s + part}


@pytest.mark.parametrize("factor", [2.0, 0.5])
def test_a_factor_above_one_enlarges(factor, monkeypatch):
    image, mask = _telling_sample()
    augment = Augmentation(("scale",), None, 0)
    monkeypatch.setattr(augment, "_factor", lambda: factor)
    labels = augment(image, mask)[1]
    if factor > 1:  # each pixel of the window fills 2×2
        assert torch.equal(labels[::2, ::2], labels[1::2, 1::2])
        assert len(torch.unique_consecutive(labels[:, 0])) <= 40 // 20 + 1
    else:
        assert int((labels != IGNORE).sum()) == 40 * 60 // 4


def test_a_window_has_at_least_one_pixel(monkeypatch):
    augment = Augmentation(("scale",), (1, 4), 0)
    monkeypatch.setattr(augment, "_factor", lambda: 2.5)
    image, labels = augment(*_telling_sample())
    assert (image.shape, labels.shape) == ((1, 4, 3), (1, 4))


def test_windows_of_one_pixel_stay_one_pixel():
    image = torch.zeros(8, 8, 3, dtype=torch.uint8)
    image[::2, ::2] = image[1::2, 1::2] = 240  # two pixels together are neither 0 nor 240
    mask = torch.zeros(8, 8, dtype=torch.uint8)
    for seed in range(20):
        plain = Augmentation((), (1, 1), seed)(image, mask)[0]
        assert int(plain[0, 0, 0]) in (0, 240)
        scaled = Augmentation(("scale",), (1, 1), seed)(image, mask)[0]
        assert scaled.shape == (1, 1, 3)


def test_colours_change_by_a_quarter_and_hue_by_a_twentieth_of_a_turn(monkeypatch):
    drawn = {}
    for kind in ("brightness", "contrast", "saturation", "hue"):

        def noted(picture, value, kind=kind):
            drawn.setdefault(kind, []).append(value)
            return picture

        monkeypatch.setattr(_augment.functional, f"adjust_{kind}", noted)
    image, mask = _telling_sample(2, 2)
    augment = Augmentation(("colour",), None, 0)
    for _ in range(300):
        augment(image, mask)
    ranges = {kind: (min(values), max(values)) for kind, values in drawn.items()}
    for kind in ("brightness", "contrast", "saturation"):
        assert ranges.pop(kind) == pytest.approx((0.75, 1.25), abs=0.01)
    assert ranges == {"hue": pytest.approx((-0.05, 0.05), abs=0.002)}
