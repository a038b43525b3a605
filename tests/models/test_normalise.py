"""From stored images to what a network takes."""

import numpy as np
import pytest
import torch

from workbench.errors import ShapeError
from workbench.models import build
from workbench.models.base import IMAGENET_MEAN, IMAGENET_STD


@pytest.fixture(scope="module")
def model():
    return build("tiny", 3, seed=0)


def test_known_values(model):
    images = np.array([[[[0, 128, 255]]]], dtype=np.uint8)
    wanted = (np.array([0, 128, 255]) / 255 - IMAGENET_MEAN) / IMAGENET_STD
    found = model.normalise(torch.from_numpy(images))
    np.testing.assert_allclose(found[0, :, 0, 0].numpy(), wanted, rtol=1e-5)


def test_result_is_channels_last_and_the_images_stay(model):
    images = torch.full((2, 6, 8, 3), 7, dtype=torch.uint8)
    x = model.normalise(images)
    assert x.shape == (2, 3, 6, 8)
    assert x.is_contiguous(memory_format=torch.channels_last)
    assert (images == 7).all()


@pytest.mark.parametrize(
    "images",
    [
        torch.zeros(2, 3, 6, 8, dtype=torch.uint8),
        torch.zeros(6, 8, 3, dtype=torch.uint8),
        torch.zeros(1, 6, 8, 3),
    ],
)
def test_anything_else_is_refused(model, images):
    with pytest.raises(ShapeError, match="wanted uint8"):
        model.normalise(images)


def test_statistics_are_no_weights(model):
    assert not [name for name in model.state_dict() if name in {"mean", "std"}]
