"""Riders in the scan: their maps as of a plain pass, made into columns of units; their numbers."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from tests.scoring.networks import FLOAT32, Kept, network, request, scan_images
from workbench.errors import ConfigError, ScoreError, ShapeError
from workbench.learning._click_network import CostNetwork
from workbench.models import build
from workbench.rider import Rider, RiderMap
from workbench.scoring.scan import scan

CLICKS = RiderMap("click_density", "clicks/pixel", {"clicks": "sum"})


@pytest.fixture(scope="module")
def cost():
    network = CostNetwork(build("tiny:width=4", 1, seed=3), mean=0.02).eval()
    return Rider("click_cost", network, (CLICKS,))


class Bright(nn.Module):
    """Gives how bright an image is, in all and pixel by pixel."""

    def __init__(self, factor=1.0):
        super().__init__()
        self.factor = factor

    def predict(self, images):
        light = self.factor * images.float().mean(-1)
        return {"brightness": light.mean((1, 2)), "light": light}

    def folded(self):
        return self


BRIGHT = Rider("bright", Bright(), (RiderMap("light"),), ("brightness",))


def scanned(riders, units, **more):
    sink = Kept()
    images = scan_images(units=units)
    scan(network(), images, request("entropy", **more), FLOAT32, sink, riders=riders)
    return sink


@pytest.mark.parametrize("units", ["grid:2x2", "window:8x8,stride=4"])
@pytest.mark.parametrize("at_stride", [False, True])
def test_columns_are_aggregated_from_the_map_at_full_size(cost, units, at_stride):
    found = scanned([cost], units, batch_size=2, at_stride=at_stride)
    for image in scan_images(units=units):
        result = found[image.image_id]
        with torch.no_grad():
            given = cost.network.predict(torch.from_numpy(image.image)[None])
        plain = given["click_density"][0].numpy()
        np.testing.assert_allclose(result.score_maps["click_density"], plain, rtol=1e-3)
        boxes, areas = image.layout.boxes, image.layout.areas
        sums = [plain[y0:y1, x0:x1].sum(dtype=np.float64) for y0, x0, y1, x1 in boxes]
        clicks = result.columns["clicks"]
        np.testing.assert_allclose(clicks, sums, rtol=1e-3)
        np.testing.assert_allclose(result.unit_scores["click_density"], clicks / areas)


@pytest.mark.parametrize("batch_size", [1, 3])
def test_a_number_of_an_image_is_that_of_all_its_units(cost, batch_size):
    found = scanned([cost, BRIGHT], "grid:2x2", batch_size=batch_size)
    for image in scan_images(units="grid:2x2"):
        result = found[image.image_id]
        assert set(result.columns) == {"clicks", "brightness"}
        assert set(result.score_maps) == {"entropy", "click_density", "light"}
        mean = image.image.mean()
        np.testing.assert_allclose(result.columns["brightness"], np.full(4, mean), rtol=1e-5)
        assert result.unit_scores["light"].mean() == pytest.approx(mean, rel=1e-5)


def test_a_number_of_a_unit_that_is_seen_alone_is_its_own():
    found = scanned([BRIGHT], "grid:2x2", view="unit")
    for image in scan_images(units="grid:2x2"):
        own = [image.image[y0:y1, x0:x1].mean() for y0, x0, y1, x1 in image.layout.boxes]
        np.testing.assert_allclose(found[image.image_id].columns["brightness"], own, rtol=1e-5)


def test_pixels_of_no_unit_have_the_lowest_value_of_the_riders_map():
    signed = replace(BRIGHT, maps=(RiderMap("light", low=-3.0, high=255.0),))
    sink, images = Kept(), scan_images(units="crop:height=8,width=8")
    scan(network(), images, request("entropy", view="unit"), FLOAT32, sink, riders=[signed])
    for image in images:
        light = sink[image.image_id].score_maps["light"]
        outside = image.layout.unit_map < 0
        assert outside.any()
        assert (light[outside] == -3).all()
        assert (light[~outside] >= 0).all()


def test_the_scores_are_the_same_with_and_without_riders(cost):
    plain, beside = (scanned(r, "grid:2x2", maps=False) for r in ((), (cost, BRIGHT)))
    for key, result in plain.items():
        assert result.columns == {}
        assert set(result.unit_scores) == {"entropy"}
        assert beside[key].score_maps == {}
        np.testing.assert_array_equal(
            beside[key].unit_scores["entropy"], result.unit_scores["entropy"]
        )


@pytest.mark.parametrize("what", ["light", "brightness"])
def test_what_is_not_finite_names_the_image_and_the_rider(what):
    class Broken(Bright):
        def predict(self, images):
            return {k: v * (np.nan if k == what else 1) for k, v in super().predict(images).items()}

    with pytest.raises(ScoreError, match=f"'image0', the output {what} of the rider bright holds"):
        scanned([replace(BRIGHT, network=Broken())], "grid:2x2")


def test_a_rider_gives_what_it_names():
    with pytest.raises(ShapeError, match="The rider bright returned"):
        scanned([replace(BRIGHT, numbers=("brightness", "contrast"))], "grid:2x2")
    entropy = Rider("other", Bright(), (RiderMap("entropy"),))
    with pytest.raises(ConfigError, match="other has the output entropy, which is also"):
        scanned([entropy], "grid:2x2")
    with pytest.raises(ConfigError, match="bright has the output light, which is also the name"):
        scanned([BRIGHT, BRIGHT], "grid:2x2")
    with pytest.raises(ConfigError, match="neither a map nor a number"):
        Rider("nothing", Bright())
    with pytest.raises(ConfigError, match="has 'light' twice"):
        replace(BRIGHT, numbers=("light",))
