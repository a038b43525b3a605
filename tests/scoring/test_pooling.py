"""Units pool exactly the feature area that they cover."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scoring.networks import network, request, run, scan_images, vectors
from workbench.config import Embedding
from workbench.geometry.cells import cell_weights, overlaps
from workbench.scoring.pooling import coarse_map, pool_units
from workbench.scoring.projection import projection
from workbench.units import UNITS


def integral(features, unit_map, unit, fine=60):
    """Mean of a unit's features by sampling every pixel finely."""
    height, width = unit_map.shape
    _, h, w = features.shape
    y = (np.arange(height * fine) + 0.5) / fine
    x = (np.arange(width * fine) + 0.5) / fine
    cells = features[:, (y * h / height).astype(int)][:, :, (x * w / width).astype(int)]
    inside = np.kron(unit_map == unit, np.ones((fine, fine), bool))
    return cells[:, inside].mean(axis=1)


@pytest.mark.parametrize("cells", [(1, 1), (3, 4), (5, 2), (7, 9)])
def test_unit_means_equal_the_integral_over_the_unit(cells):
    rng = np.random.default_rng(0)
    unit_map = rng.integers(-1, 3, (7, 9)).astype(np.int32)
    features = rng.normal(size=(2, *cells)).astype(np.float32)
    weights = torch.from_numpy(cell_weights(unit_map, 3, cells))
    found = pool_units(torch.from_numpy(features), weights)
    for unit in range(3):
        np.testing.assert_allclose(found[unit], integral(features, unit_map, unit), atol=0.03)
    np.testing.assert_allclose(weights.sum(dim=1), 1, rtol=1e-5)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.data())
def test_pixels_are_shared_out_completely(pixels, data):
    cells = data.draw(st.integers(1, pixels))
    shares = overlaps(pixels, cells)
    np.testing.assert_allclose(shares.sum(axis=1), 1)
    np.testing.assert_allclose(shares.sum(axis=0), pixels / cells)
    assert ((shares > 1e-9).sum(axis=1) <= 2).all()


def test_units_of_equal_area_average_to_the_whole_image():
    layout = UNITS.bind("grid:3x4").call().layout((24, 32))
    features = torch.randn(5, 7, 5)
    vectors = pool_units(features, torch.from_numpy(cell_weights(layout.unit_map, 12, (7, 5))))
    torch.testing.assert_close(vectors.mean(dim=0), features.mean(dim=(1, 2)), atol=1e-5, rtol=0)


@pytest.mark.parametrize("size", [(4, 5), (16, 16), (23, 30), (48, 20)])
def test_coarse_maps_keep_the_mean(size):
    features = torch.randn(6, *size)
    coarse = coarse_map(features)
    assert coarse.shape == (min(16, size[0]), min(16, size[1]), 6)
    torch.testing.assert_close(
        coarse.mean(dim=(0, 1)), features.mean(dim=(1, 2)), atol=1e-5, rtol=0
    )


def test_coarse_cells_are_block_means_where_they_nest():
    features = torch.randn(3, 32, 48)
    blocks = features.reshape(3, 16, 2, 16, 3).mean(dim=(2, 4))
    torch.testing.assert_close(coarse_map(features), blocks.permute(1, 2, 0))


def test_many_channels_are_projected_the_same_way_every_time():
    features = torch.randn(700, 3, 4)
    coarse = coarse_map(features)
    assert coarse.shape == (3, 4, 256)
    torch.testing.assert_close(
        coarse, features.permute(1, 2, 0) @ torch.from_numpy(projection(700)).T
    )
    np.testing.assert_array_equal(projection(700), projection(700))
    before = torch.cdist(*[features.flatten(1).T] * 2)
    after = torch.cdist(*[coarse.flatten(0, 1)] * 2)
    ratio = (after / before)[before > 0]
    assert 0.8 < ratio.min() < ratio.max() < 1.2


@pytest.mark.parametrize("tap", ["backbone", "decoder"])
def test_a_unit_seen_as_its_own_image_is_scanned_alone(tap):
    model, images = network(), scan_images(3)
    found = run(model, images, request(embeddings=(Embedding(tap=tap, view="unit"),), batch_size=2))
    for image in images:
        for unit, (y0, x0, y1, x1) in enumerate(image.layout.boxes):
            x = model.normalise(torch.from_numpy(image.image[None, y0:y1, x0:x1].copy()))
            with torch.no_grad():
                expected = model.features(x, (tap,))[1][tap].mean(dim=(2, 3))[0]
            np.testing.assert_allclose(vectors(found[image.image_id])[unit], expected, atol=1e-5)


def test_one_unit_sees_the_same_in_both_views():
    model, images = network(), scan_images(2, units="image")
    inside = run(model, images, request(embeddings=(Embedding(view="image"),)))
    alone = run(model, images, request(embeddings=(Embedding(view="unit"),)))
    for key in inside:
        np.testing.assert_allclose(vectors(inside[key]), vectors(alone[key]), atol=1e-5)


def test_several_embeddings_take_one_pass_over_the_image_and_one_over_its_units(monkeypatch):
    """Methods may bring their own; each is what it is alone."""
    wanted = [Embedding(tap=t, view=v) for v in ("image", "unit") for t in ("backbone", "decoder")]
    passes, images = [], scan_images(1)
    alone = {
        e.key: vectors(run(network(), images, request(embeddings=(e,)))["image0"]) for e in wanted
    }
    model = network()
    monkeypatch.setattr("workbench.scoring.scan.fold", lambda model: model)
    inner = model.run
    monkeypatch.setattr(model, "run", lambda x: passes.append(len(x)) or inner(x))
    found = run(model, images, request("entropy", embeddings=tuple(wanted)))["image0"].embeddings
    assert passes == [1, 4]
    assert list(found) == [e.key for e in wanted]
    for key, expected in alone.items():
        np.testing.assert_allclose(found[key], expected, atol=1e-5)


def test_embeddings_by_initial_weights_are_left_to_their_own_scan():
    initial = Embedding(tap="decoder", weights="initial")
    found = run(network(), scan_images(1), request(embeddings=(initial,)))["image0"]
    assert found.embeddings == {}


@pytest.mark.parametrize("tap", ["backbone", "decoder"])
def test_the_coarse_feature_map_does_not_depend_on_the_embeddings(tap):
    images = scan_images(1)
    alone = run(network(), images, request(coarse_tap=tap))["image0"].feature_map
    assert alone.shape[-1] == network().taps[tap]
    for taps in (("decoder", "backbone"), ("backbone", "decoder")):
        others = tuple(Embedding(tap=one) for one in taps)
        found = run(network(), images, request(coarse_tap=tap, embeddings=others))["image0"]
        np.testing.assert_array_equal(found.feature_map, alone)
