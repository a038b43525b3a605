"""Predicted clicks ride in the scan: the map of a plain pass, summed over units."""

import numpy as np
import pytest
import torch

from tests.scoring.networks import FLOAT32, Kept, network, request, scan_images
from workbench.errors import ScoreError
from workbench.models import CostNetwork, build
from workbench.scoring.scan import scan


@pytest.fixture(scope="module")
def cost():
    return CostNetwork(build("tiny:width=4", 1, seed=3), mean=0.02).eval()


def scanned(cost, units, **more):
    sink = Kept()
    scan(network(), scan_images(units=units), request("entropy", **more), FLOAT32, sink, cost=cost)
    return sink


@pytest.mark.parametrize("units", ["grid:2x2", "window:8x8,stride=4"])
@pytest.mark.parametrize("at_stride", [False, True])
def test_clicks_are_the_sums_of_the_map_at_full_size(cost, units, at_stride):
    found = scanned(cost, units, batch_size=2, at_stride=at_stride)
    for image in scan_images(units=units):
        result = found[image.image_id]
        with torch.no_grad():
            plain = cost.clicks(torch.from_numpy(image.image)[None])[0].numpy()
        np.testing.assert_allclose(result.score_maps["click_density"], plain, rtol=1e-3)
        boxes, areas = image.layout.boxes, image.layout.areas
        sums = [plain[y0:y1, x0:x1].sum(dtype=np.float64) for y0, x0, y1, x1 in boxes]
        np.testing.assert_allclose(result.clicks, sums, rtol=1e-3)
        np.testing.assert_allclose(result.unit_scores["click_density"], result.clicks / areas)


def test_the_scores_are_the_same_with_and_without_it(cost):
    plain, beside = (scanned(c, "grid:2x2", maps=False) for c in (None, cost))
    for key, result in plain.items():
        assert result.clicks is None
        assert set(result.unit_scores) == {"entropy"}
        assert beside[key].score_maps == {}
        np.testing.assert_array_equal(
            beside[key].unit_scores["entropy"], result.unit_scores["entropy"]
        )


def test_predictions_that_are_not_finite_name_the_image(cost):
    broken = CostNetwork(build("tiny:width=4", 1, seed=3), mean=float("nan")).eval()
    with pytest.raises(ScoreError, match="'image0', the map of predicted clicks holds values"):
        scanned(broken, "grid:2x2")
