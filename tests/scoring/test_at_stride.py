"""Scores at the network's output stride: what a plain computation on its own logits gives."""

import numpy as np
import pytest
import torch

from tests.scoring.networks import CLASSES, network, request, run, scan_images, vectors
from workbench.acquisition import ACQUISITIONS
from workbench.config import Embedding
from workbench.errors import ShapeError
from workbench.geometry.cells import at_centres
from workbench.models import AtStride
from workbench.models._padding import Padding
from workbench.types import Committee

CELL = 4
"""Pixels of the image a cell of the tiny network's logits."""


@pytest.fixture(scope="module")
def model():
    return network()


def own_logits(model, x):
    """The classifier's logits, of sizes that need no padding."""
    with torch.no_grad():
        return model.run(x)[0]


def inputs(model, image):
    return model.normalise(torch.from_numpy(image.image)[None])


@pytest.mark.parametrize("text", ["entropy", "margin", "entropy@transforms:hflip+translate8"])
def test_scores_are_read_from_the_classifiers_own_logits(model, text):
    acquisition = ACQUISITIONS.get(text.partition("@")[0])
    found = run(model, scan_images(), request(text, at_stride=True, batch_size=2))
    for image in scan_images():
        x = inputs(model, image)
        members, seen = [own_logits(model, x)], torch.ones(1, 6, 8)
        if "@" in text:
            members.append(own_logits(model, x.flip(-1)).flip(-1))
        expected = acquisition(Committee.from_members(torch.stack(members).softmax(2)))[0].numpy()
        if "@" in text:
            moved = torch.nn.functional.pad(x, (8, 0, 8, 0), mode="reflect")[..., :24, :32]
            logits = own_logits(model, moved)[..., 2:, 2:]
            three = torch.stack([m[..., :4, :6] for m in members] + [logits]).softmax(2)
            expected[:4, :6] = acquisition(Committee.from_members(three))[0].numpy()
        score_map = found[image.image_id].score_maps[text]
        assert score_map.shape == tuple(seen.shape[1:])
        np.testing.assert_allclose(score_map, expected, atol=2e-6)
        blocks = score_map.astype(np.float64).reshape(2, 3, 2, 4).mean(axis=(1, 3))
        unit_scores = found[image.image_id].unit_scores[text]
        np.testing.assert_allclose(unit_scores, blocks.ravel(), rtol=1e-12)


def test_enlarged_logits_are_the_networks(model):
    x = inputs(model, scan_images(1)[0])
    with torch.no_grad():
        torch.testing.assert_close(model.enlarge(AtStride(model)(x)), model(x))


def test_predictions_keep_the_images_size_and_shares_count_cells(model):
    found = run(model, scan_images(), request("entropy", at_stride=True))
    for image in scan_images():
        result = found[image.image_id]
        classes = own_logits(model, inputs(model, image))[0].argmax(0).numpy()
        np.testing.assert_array_equal(result.prediction, np.kron(classes, np.ones((CELL, CELL))))
        first = np.bincount(classes[:3, :4].ravel(), minlength=CLASSES) / 12
        np.testing.assert_allclose(result.class_shares[0], first, rtol=1e-6)


def test_embeddings_and_features_are_those_of_a_full_scan(model):
    plain = run(model, scan_images(), request("entropy", embeddings=(Embedding(),)))
    found = run(model, scan_images(), request("entropy", embeddings=(Embedding(),), at_stride=True))
    for name, result in found.items():
        np.testing.assert_array_equal(vectors(result), vectors(plain[name]))
        np.testing.assert_array_equal(result.feature_map, plain[name].feature_map)


@pytest.mark.parametrize("size", [(25, 31), (23, 34)])
def test_any_size_is_covered_without_its_padding(model, size):
    images = scan_images(2, size)
    result = run(model, images, request("entropy", at_stride=True))["image1"]
    padding = Padding.to_stride(*size, model.stride)
    logits = own_logits(model, padding.pad(inputs(model, images[1])))
    expected = padding.resample(logits, *size)
    assert result.score_maps["entropy"].shape == tuple(expected.shape[2:])
    entropy = ACQUISITIONS.get("entropy")(Committee.from_members(expected.softmax(1)[None]))[0]
    np.testing.assert_allclose(result.score_maps["entropy"], entropy.numpy(), atol=2e-6)
    assert result.prediction.shape == size


def test_dropout_members_and_odin_run_at_the_output_stride(model):
    texts = ("mutual_information@mc_dropout:3", "least_confidence@odin:10,0.01")
    found = run(model, scan_images(2), request(*texts, at_stride=True))
    assert {m.shape for m in found["image0"].score_maps.values()} == {(6, 8)}
    again = run(model, scan_images(2), request(*texts, at_stride=True, batch_size=1))
    for text in found["image1"].score_maps:
        first, second = (r["image1"].score_maps[text] for r in (found, again))
        np.testing.assert_allclose(first, second, atol=2e-6)
        assert first.std() > 0


def test_units_smaller_than_a_cell_and_odd_shifts_are_refused(model):
    with pytest.raises(ShapeError, match="lies between the cells of a score map of 6×8"):
        run(model, scan_images(units="grid:12x2"), request("entropy", at_stride=True))
    odd = request("total_entropy@transforms:translate6", at_stride=True)
    with pytest.raises(ShapeError, match="shift by 6 pixels"):
        run(model, scan_images(), odd)


def test_centres_of_cells_and_back():
    pixels = np.arange(24).reshape(4, 6)
    np.testing.assert_array_equal(at_centres(pixels, (2, 3)), [[7, 9, 11], [19, 21, 23]])
    cells = np.array([[1, 2], [3, 4]])
    np.testing.assert_array_equal(at_centres(cells, (4, 4)), np.kron(cells, np.ones((2, 2))))
    np.testing.assert_array_equal(at_centres(cells, (2, 2)), cells)
