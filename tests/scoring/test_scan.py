"""One pass gives what separate plain computations give."""

import numpy as np
import pytest
import torch

from tests.scoring.networks import (
    CLASSES,
    FLOAT32,
    Painted,
    network,
    request,
    run,
    scan_images,
    vectors,
)
from workbench.acquisition import ACQUISITIONS
from workbench.compute import ResolvedCompute
from workbench.config import Embedding
from workbench.errors import ScoreError
from workbench.naming import column
from workbench.scoring.scan import ScanImage
from workbench.types import Committee

EQUAL = "total_entropy@transforms:hflip"


def naive_map(model, image, text):
    """A score of one image from all members at once, without any of the scan's code."""
    acquisition, _, committee = text.partition("@")
    x = model.normalise(torch.from_numpy(image)[None])
    with torch.no_grad():
        members = [model(x)]
        if committee:
            members.append(model(x.flip(-1)).flip(-1))
        probs = torch.stack(members).softmax(dim=2)
        return ACQUISITIONS.get(acquisition)(Committee.from_members(probs))[0].numpy()


@pytest.fixture(scope="module")
def model():
    return network()


TEXTS = ("entropy", "margin", "least_confidence", EQUAL, "mutual_information@transforms:hflip")


@pytest.fixture(scope="module")
def scanned(model):
    wanted = request(
        *TEXTS, aggregations=("mean", "count_above:0.5"), embeddings=(Embedding(),), batch_size=2
    )
    return run(model, scan_images(), wanted)


@pytest.mark.parametrize("text", TEXTS)
def test_score_maps_equal_one_plain_pass_a_score(model, scanned, text):
    for image in scan_images():
        found = scanned[image.image_id].score_maps[text]
        np.testing.assert_allclose(found, naive_map(model, image.image, text), atol=2e-6)


@pytest.mark.parametrize("text", TEXTS)
def test_unit_scores_are_exact_sums_of_the_map(scanned, text):
    for image in scan_images():
        result = scanned[image.image_id]
        blocks = result.score_maps[text].astype(np.float64).reshape(2, 12, 2, 16)
        np.testing.assert_allclose(
            result.unit_scores[text], blocks.mean(axis=(1, 3)).ravel(), rtol=1e-12
        )
        above = (result.score_maps[text].reshape(2, 12, 2, 16) > 0.5).mean(axis=(1, 3)).ravel()
        name = column(text, "count_above:threshold=0.5")
        np.testing.assert_array_equal(result.unit_scores[name], above)


def test_ids_and_arrays_belong_to_the_image(scanned):
    result = scanned["image3"]
    assert result.number == 3
    assert result.unit_ids.tolist() == [30000000 + i for i in range(4)]
    assert result.prediction.shape == (24, 32)
    assert vectors(result).shape[0] == 4
    assert vectors(result).dtype == np.float32
    assert result.feature_map.dtype == np.float16


@pytest.mark.parametrize("batch_size", [1, 3, 8])
def test_batch_size_and_order_change_nothing(model, scanned, batch_size):
    wanted = request(*TEXTS, embeddings=(Embedding(),), batch_size=batch_size)
    found = run(model, scan_images()[::-1], wanted)
    for key, expected in scanned.items():
        for name, values in found[key].unit_scores.items():
            np.testing.assert_allclose(values, expected.unit_scores[name], rtol=2e-5, atol=1e-7)
        np.testing.assert_array_equal(found[key].prediction, expected.prediction)
        np.testing.assert_allclose(vectors(found[key]), vectors(expected), atol=1e-5)


def test_one_score_alone_is_the_same_as_among_others(model, scanned):
    alone = run(model, scan_images(), request("margin", batch_size=2))
    for key, expected in scanned.items():
        np.testing.assert_array_equal(
            alone[key].unit_scores["margin"], expected.unit_scores["margin"]
        )


def test_images_of_several_sizes_are_all_scanned(model):
    images = [*scan_images(3), *scan_images(3, (17, 21))]
    images = [ScanImage(i, f"{i}", m.image, m.layout) for i, m in enumerate(images)]
    mixed = [images[i] for i in (0, 3, 1, 4, 5, 2)]
    counts = []
    found = run(model, mixed, request("entropy", batch_size=2), report=counts.append)
    assert set(found) == set("012345")
    assert found["4"].score_maps["entropy"].shape == (17, 21)
    assert counts == sorted(counts)
    assert counts[-1] == 6


def test_class_and_boundary_shares_are_counted_on_the_pixels():
    red = np.zeros((8, 8), dtype=np.uint8)
    red[:4, 2] = 1  # a line in the first unit, away from its edges
    red[4:, 4:] = 3  # the whole last unit
    image = np.stack([red] * 3, axis=-1)
    one = ScanImage(0, "one", image, scan_images(1, (8, 8))[0].layout)
    result = run(Painted(), [one], request("entropy", features=False))["one"]
    np.testing.assert_array_equal(result.prediction, red)
    np.testing.assert_allclose(result.class_shares[0], [0.75, 0.25, 0, 0])
    np.testing.assert_allclose(result.class_shares[3], [0, 0, 0, 1])
    # first unit: three columns of four; third unit: one pixel below the line, one column of four
    # beside the last unit
    np.testing.assert_allclose(result.boundary_share, [12 / 16, 4 / 16, 5 / 16, 7 / 16])
    assert result.feature_map is None
    assert result.embeddings == {}


def test_non_finite_logits_stop_the_scan_with_the_images_name():
    images = scan_images(4)
    images[2].image[5, 5] = 254
    with pytest.raises(ScoreError, match=r"'image2'.*logits"):
        run(Painted(), images, request("entropy", features=False))


def test_an_error_while_reading_reaches_the_caller(model):
    def broken():
        yield from scan_images(1)
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        run(model, broken(), request("entropy"))


class Forgetful(torch.nn.Module):
    """Runs out of memory above a number of images, as a device would."""

    def __init__(self, model, most):
        super().__init__()
        self.model, self.most, self.seen = model, most, []
        self.normalise, self.n_classes = model.normalise, model.n_classes

    def features(self, x, taps):
        self.seen.append(len(x))
        if len(x) > self.most:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")
        return self.model.features(x, taps)


@pytest.fixture
def unfolded(monkeypatch):
    monkeypatch.setattr("workbench.scoring.scan.fold", lambda model: model)


@pytest.mark.usefixtures("unfolded")
def test_out_of_memory_halves_the_batch_and_goes_on(model, scanned):
    limited = Forgetful(model, most=2)
    found = run(limited, scan_images(), request("entropy", batch_size=5))
    assert limited.seen == [5, 2, 2, 1]
    for key, expected in scanned.items():
        np.testing.assert_allclose(
            found[key].unit_scores["entropy"], expected.unit_scores["entropy"], rtol=1e-5
        )


@pytest.mark.usefixtures("unfolded")
def test_an_image_that_never_fits_is_named(model):
    with pytest.raises(ScoreError, match=r"'image0'.*memory"):
        run(Forgetful(model, most=0), scan_images(2), request("entropy", batch_size=2))


@pytest.mark.usefixtures("unfolded")
def test_other_errors_are_not_taken_for_memory(model):
    limited = Forgetful(model, most=9)
    limited.features = lambda x, taps: (_ for _ in ()).throw(RuntimeError("shapes differ"))
    with pytest.raises(RuntimeError, match="shapes differ"):
        run(limited, scan_images(1), request("entropy"))


def test_large_maps_are_reduced_by_area_and_scores_stay_exact(model, scanned):
    found = run(model, scan_images(), request("entropy", map_limit=(12, 100)))
    for key, expected in scanned.items():
        full = expected.score_maps["entropy"]
        blocks = full.reshape(12, 2, 16, 2).mean(axis=(1, 3))
        np.testing.assert_allclose(found[key].score_maps["entropy"], blocks, atol=1e-6)
        np.testing.assert_allclose(
            found[key].unit_scores["entropy"], expected.unit_scores["entropy"], rtol=1e-5
        )


def test_what_is_not_wanted_is_not_handed_on(model):
    wanted = request("entropy", maps=False, predictions=False, features=False)
    result = run(model, scan_images(1), wanted)["image0"]
    assert not result.score_maps
    assert result.prediction is None
    assert result.feature_map is None
    assert result.unit_scores["entropy"].shape == (4,)


def test_results_do_not_change_when_the_next_batch_is_scanned(model):
    images = scan_images(4)
    alone = {i.image_id: run(model, [i], request("entropy"))[i.image_id] for i in images}
    together = run(model, images, request("entropy", batch_size=1))
    for key, expected in alone.items():
        np.testing.assert_array_equal(
            together[key].score_maps["entropy"], expected.score_maps["entropy"]
        )


def test_the_network_is_left_in_the_mode_it_came_in(model):
    model.train()
    try:
        first = run(model, scan_images(1), request("entropy"))
        second = run(model, scan_images(1), request("entropy"))
        assert model.training
    finally:
        model.eval()
    np.testing.assert_array_equal(
        first["image0"].unit_scores["entropy"], second["image0"].unit_scores["entropy"]
    )


def test_scores_are_float32_under_bf16(model):
    low = run(model, scan_images(), request("entropy"), ResolvedCompute("cpu", "bf16"))
    full = run(model, scan_images(), request("entropy"), FLOAT32)
    for key, result in low.items():
        scores = result.score_maps["entropy"]
        assert scores.dtype == np.float32
        assert len(np.unique(scores)) > 0.5 * scores.size  # not rounded to 8 bits
        np.testing.assert_allclose(scores, full[key].score_maps["entropy"], atol=0.05)


def test_class_shares_sum_to_one(scanned):
    for result in scanned.values():
        assert result.class_shares.shape == (4, CLASSES)
        np.testing.assert_allclose(result.class_shares.sum(axis=1), 1, rtol=1e-6)
