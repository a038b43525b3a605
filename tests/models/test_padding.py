"""Any image size: padded to the stride by reflection, cropped back, and symmetric under flips."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.models._padding import Padding

SIDES = st.integers(1, 70)
STRIDES = st.sampled_from([8, 16, 32])


def _image(height, width):
    return torch.arange(2 * 3 * height * width, dtype=torch.float32).reshape(2, 3, height, width)


@given(SIDES, SIDES, STRIDES)
@settings(max_examples=60, deadline=None)
def test_pads_to_the_stride_by_reflection_and_crops_back(height, width, stride):
    x = _image(height, width)
    padding = Padding.to_stride(height, width, stride)
    padded = padding.pad(x)
    assert padded.shape[-2] % stride == 0
    assert padded.shape[-1] % stride == 0
    assert min(padded.shape[-2:]) >= 2 * stride
    assert torch.equal(padding.crop(padded), x)
    sides = ((0, 0), (0, 0), padding[:2], padding[2:])
    wanted = np.pad(x.numpy(), sides, mode="reflect")
    assert np.array_equal(padded.numpy(), wanted)


@given(SIDES.map(lambda n: 2 * n), SIDES.map(lambda n: 2 * n), STRIDES)
@settings(max_examples=40, deadline=None)
def test_flips_commute_with_padding_and_cropping(height, width, stride):
    x = _image(height, width)
    padding = Padding.to_stride(height, width, stride)
    for axes in ((-1,), (-2,), (-1, -2)):
        assert torch.equal(padding.pad(x.flip(axes)), padding.pad(x).flip(axes))
        assert torch.equal(padding.crop(padding.pad(x).flip(axes)), x.flip(axes))


def test_an_odd_difference_puts_one_row_more_at_the_end():
    assert Padding.to_stride(97, 128, 32) == Padding(15, 16, 0, 0)


def test_camvid_is_padded_in_height_alone():
    assert Padding.to_stride(360, 480, 16) == Padding(4, 4, 0, 0)
    assert Padding.to_stride(360, 480, 32) == Padding(12, 12, 0, 0)


def test_resampled_cells_cover_the_image_exactly():
    # a map whose value is the position in the padded image, 23 cells of 16 pixels
    padding = Padding.to_stride(360, 480, 16)
    rows = (torch.arange(23, dtype=torch.float32) + 0.5) * 16
    found = padding.resample(rows.reshape(1, 1, 23, 1).expand(1, 1, 23, 30), 360, 480)
    assert found.shape == (1, 1, 23, 30)
    centres = (torch.arange(23, dtype=torch.float32) + 0.5) * 360 / 23 + padding.top
    inside = slice(1, -1)  # beyond the outermost centres there is nothing to interpolate
    torch.testing.assert_close(found[0, 0, inside, 7], centres[inside])


@given(SIDES.map(lambda n: 2 * n), SIDES.map(lambda n: 2 * n))
@settings(max_examples=30, deadline=None)
def test_resampling_commutes_with_flips_and_keeps_constants(height, width):
    padding = Padding.to_stride(height, width, 16)
    cells = (height + padding.top + padding.bottom) // 16, (width + sum(padding[2:])) // 16
    features = torch.randn(1, 4, *cells, generator=torch.Generator().manual_seed(height))
    found = padding.resample(features, height, width)
    mirrored = padding.resample(features.flip(-1), height, width)
    torch.testing.assert_close(mirrored, found.flip(-1), rtol=1e-4, atol=1e-5)
    constant = padding.resample(torch.full((1, 1, *cells), 3.0), height, width)
    torch.testing.assert_close(constant, torch.full_like(constant, 3.0))
