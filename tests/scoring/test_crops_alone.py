"""Units seen alone: what lies beside a unit changes nothing that is found in it."""

from dataclasses import replace

import numpy as np
import pytest

from tests.scoring.networks import FLOAT32, network, request, run, scan_images
from workbench.config import Embedding, parse_config
from workbench.engine.plan import resolve
from workbench.errors import ConfigError
from workbench.scoring.scan import ScanImage
from workbench.types import IGNORE
from workbench.units import UNITS

TEXTS = ("entropy", "mutual_information@transforms:hflip")
EMBEDDINGS = (Embedding(), Embedding(tap="decoder", view="unit"))


@pytest.fixture(scope="module")
def model():
    return network()


def wanted(**more):
    return request(
        *TEXTS,
        aggregations=("mean", "count_above:0.9"),
        embeddings=EMBEDDINGS,
        batch_size=3,
        **more,
    )


def cropped(images, row):
    """One unit of each image, cut out, as an image of its own."""
    whole = UNITS.bind("image").call()
    found = []
    for image in images:
        y0, x0, y1, x1 = image.layout.boxes[row]
        pixels = image.image[y0:y1, x0:x1].copy()
        found.append(
            ScanImage(image.number, image.image_id, pixels, whole.layout(pixels.shape[:2]))
        )
    return found


@pytest.mark.parametrize("units", ["crop:height=10,width=12", "grid:2x3"])
def test_each_unit_is_found_as_if_it_were_the_image(model, units):
    images = scan_images(3, (25, 33), units)
    found = run(model, images, wanted(view="unit"))
    for row in range(len(images[0].layout)):
        for key, expected in run(model, cropped(images, row), wanted()).items():
            result = found[key]
            for name, scores in expected.unit_scores.items():
                np.testing.assert_allclose(result.unit_scores[name][row], scores[0], rtol=1e-5)
            np.testing.assert_allclose(result.class_shares[row], expected.class_shares[0])
            np.testing.assert_allclose(result.boundary_share[row], expected.boundary_share[0])
            for name, vectors in expected.embeddings.items():
                np.testing.assert_allclose(result.embeddings[name][row], vectors[0], atol=1e-5)
            y0, x0, y1, x1 = images[int(key[-1])].layout.boxes[row]
            np.testing.assert_array_equal(result.prediction[y0:y1, x0:x1], expected.prediction)
            for name, score_map in expected.score_maps.items():
                place = result.score_maps[name][y0:y1, x0:x1]
                np.testing.assert_allclose(place, score_map, atol=1e-5)


def test_what_was_discarded_changes_nothing_and_is_void(model):
    images = scan_images(2, (25, 33), "crop:height=10,width=12")
    others = []
    for image in images:
        y0, x0, y1, x1 = image.layout.boxes[0]
        noise = np.random.default_rng(9).integers(0, 255, image.image.shape, dtype=np.uint8)
        noise[y0:y1, x0:x1] = image.image[y0:y1, x0:x1]
        others.append(replace(image, image=noise))
    first, second = (run(model, one, wanted(view="unit")) for one in (images, others))
    for image in images:
        one, other = first[image.image_id], second[image.image_id]
        for name, scores in one.unit_scores.items():
            np.testing.assert_array_equal(scores, other.unit_scores[name])
        outside = image.layout.unit_map < 0
        assert (one.prediction[outside] == IGNORE).all()
        assert (one.prediction[~outside] != IGNORE).all()
        for score_map in one.score_maps.values():
            assert (score_map[outside] == 0).all()
            assert np.isfinite(score_map).all()
        assert one.feature_map is None
    # seen in its image, a unit depends on what was discarded
    context = [run(model, o, wanted())["image0"].unit_scores["entropy"] for o in (images, others)]
    assert not np.allclose(*context)


def test_units_that_do_not_fill_their_boxes_keep_to_their_pixels(model):
    scheme = UNITS.bind("superpixel:6").call()
    rng = np.random.default_rng(0)
    image = np.kron(rng.integers(0, 250, (3, 4, 3)), np.ones((10, 10, 1))).astype(np.uint8)
    layout = scheme.layout(image.shape[:2], image)
    result = run(model, [ScanImage(0, "one", image, layout)], wanted(view="unit"))["one"]
    entropies = result.score_maps["entropy"].astype(np.float64)
    means = [entropies[layout.unit_map == unit].mean() for unit in range(len(layout))]
    np.testing.assert_allclose(result.unit_scores["entropy"], means, rtol=1e-6)
    np.testing.assert_allclose(result.class_shares.sum(axis=1), 1, rtol=1e-6)


def test_maps_are_reduced_once_they_are_whole_and_read_at_the_stride(model):
    images = scan_images(1, (24, 32))
    full = run(model, images, wanted(view="unit"))["image0"].score_maps["entropy"]
    small = run(model, images, wanted(view="unit", map_limit=(12, 100)))["image0"]
    blocks = full.reshape(12, 2, 16, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(small.score_maps["entropy"], blocks, atol=1e-6)
    coarse = run(model, images, wanted(view="unit", at_stride=True))["image0"]
    assert coarse.score_maps["entropy"].shape == (24, 32)
    blocks = coarse.score_maps["entropy"].astype(np.float64).reshape(2, 12, 2, 16)
    np.testing.assert_allclose(
        coarse.unit_scores["entropy"], blocks.mean(axis=(1, 3)).ravel(), rtol=1e-6
    )


def test_images_are_reported_as_they_are_complete(model):
    done = []
    run(model, scan_images(4), wanted(view="unit"), FLOAT32, done.append)
    assert done[-1] == 4
    assert done == sorted(done)


def test_units_that_overlap_are_refused():
    config = {
        "name": "x",
        "dataset": "synthetic",
        "units": "window",
        "model": "tiny",
        "learner": "supervised",
        "methods": ["entropy"],
        "budget": {"initial": 4, "per_cycle": 4, "cycles": 2},
        "scan": {"view": "unit"},
    }
    with pytest.raises(
        ConfigError, match=r"scan\.view is unit, but the units of window may overlap"
    ):
        resolve(parse_config(config))
