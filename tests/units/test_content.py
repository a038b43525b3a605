"""Units that depend on the image: crops and superpixels."""

import subprocess
import sys

import numpy as np
import pytest

from tests.units.test_contract import picture
from workbench.units import UNITS
from workbench.units.crop import RandomCrop
from workbench.units.superpixel import Superpixels

CODE = (
    "import numpy as np\n"
    "from tests.units.test_contract import picture\n"
    "from workbench.units import UNITS\n"
    "layout = UNITS.bind({spec!r}).call().layout((40, 60), picture(40, 60))\n"
    "print(layout.boxes.tolist())"
)


@pytest.mark.parametrize("spec", ["crop:16x16", "superpixel:9"])
def test_another_process_finds_the_same_units(spec):
    code = CODE.format(spec=spec)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    boxes = UNITS.bind(spec).call().layout((40, 60), picture(40, 60)).boxes
    assert done.stdout.strip() == str(boxes.tolist())


def test_a_crop_is_the_only_unit_and_has_its_size():
    layout = RandomCrop(10, 20).layout((40, 60), picture(40, 60))
    y0, x0, y1, x1 = layout.boxes[0]
    assert (y1 - y0, x1 - x0) == (10, 20)
    assert layout.areas.tolist() == [200]
    assert (layout.unit_map[y0:y1, x0:x1] == 0).all()
    assert (layout.unit_map == -1).sum() == 40 * 60 - 200


def test_crops_lie_anywhere_and_depend_on_image_and_seed():
    images = [picture(40, 60, seed) for seed in range(60)]
    boxes = np.array([RandomCrop(30, 30).layout((40, 60), image).boxes[0] for image in images])
    assert set(boxes[:, 0].tolist()) == set(range(11))
    assert len(set(boxes[:, 1].tolist())) > 20
    other = [RandomCrop(30, 30, seed=1).layout((40, 60), image).boxes[0] for image in images]
    assert (boxes != np.array(other)).any(axis=1).mean() > 0.9


@pytest.mark.parametrize(("size", "crop"), [((20, 60), (20, 32)), ((20, 30), (20, 30))])
def test_a_smaller_image_is_taken_whole(size, crop):
    box = RandomCrop(64, 32).layout(size, picture(*size)).boxes[0]
    assert (box[2] - box[0], box[3] - box[1]) == crop


def test_superpixels_follow_edges_and_are_connected():
    from scipy.ndimage import label

    image = np.zeros((40, 60, 3), np.uint8)
    image[:, 27:] = 250
    layout = Superpixels(12).layout((40, 60), image)
    assert 6 <= len(layout) <= 18
    left, right = (set(np.unique(part)) for part in np.split(layout.unit_map, [27], axis=1))
    assert not left & right, "no superpixel crosses the edge"
    assert all(label(layout.unit_map == unit)[1] == 1 for unit in range(len(layout)))


def test_images_of_the_same_bytes_and_another_size_are_not_confused():
    flat = np.zeros((12, 20, 3), np.uint8)
    assert Superpixels(4).layout((12, 20), flat).unit_map.shape == (12, 20)
    turned = flat.reshape(20, 12, 3)
    assert Superpixels(4).layout((20, 12), turned).unit_map.shape == (20, 12)
