"""Windows in the scan: sums over boxes equal what each window gives by itself."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.scoring.networks import CLASSES, network, request, run, scan_images, vectors
from workbench.aggregation import AGGREGATIONS
from workbench.config import Embedding
from workbench.errors import ShapeError
from workbench.geometry.cells import cell_weights, window_means
from workbench.geometry.counting import counts_of
from workbench.geometry.shares import boundary
from workbench.units.window import Windows

WINDOWS = Windows(8, 12, 4)
AGGREGATED = ("mean", "count_above:0.5", "max")


def windowed(keep=slice(None)):
    layout = WINDOWS.layout((24, 32))
    part = layout.only(layout.local[keep])
    return [replace(image, layout=part) for image in scan_images()]


@pytest.fixture(scope="module")
def scanned():
    wanted = request("entropy", aggregations=AGGREGATED, embeddings=(Embedding(),), batch_size=2)
    return run(network(), windowed(), wanted)


@pytest.mark.parametrize("spec", AGGREGATED)
def test_unit_scores_are_those_of_each_window_cut_out(scanned, spec):
    bound = AGGREGATIONS.bind(spec)
    name = "entropy" if spec == "mean" else f"entropy/{bound.key}"
    for result in scanned.values():
        score_map = result.score_maps["entropy"]
        plain = [
            bound.call(score_map[y0:y1, x0:x1], np.zeros((y1 - y0, x1 - x0), np.int32), 1)[0]
            for y0, x0, y1, x1 in WINDOWS.layout((24, 32)).boxes
        ]
        np.testing.assert_allclose(result.unit_scores[name], plain, rtol=1e-9)


def test_class_and_boundary_shares_are_counted_in_each_window(scanned):
    for result in scanned.values():
        edge = boundary(result.prediction)
        for unit, (y0, x0, y1, x1) in enumerate(WINDOWS.layout((24, 32)).boxes):
            inside = result.prediction[y0:y1, x0:x1].ravel()
            counts = np.bincount(inside, minlength=CLASSES) / inside.size
            np.testing.assert_allclose(result.class_shares[unit], counts, rtol=1e-6)
            assert result.boundary_share[unit] == pytest.approx(edge[y0:y1, x0:x1].mean())


def test_a_part_of_the_windows_gives_the_same_and_keeps_its_ids(scanned):
    wanted = request("entropy", embeddings=(Embedding(),), batch_size=2)
    for name, result in run(network(), windowed(slice(1, None, 3)), wanted).items():
        whole = scanned[name]
        assert result.unit_ids.tolist() == whole.unit_ids[1::3].tolist()
        np.testing.assert_array_equal(
            result.unit_scores["entropy"], whole.unit_scores["entropy"][1::3]
        )
        np.testing.assert_allclose(vectors(result), vectors(whole)[1::3], atol=1e-5)


def test_scores_alone_where_nothing_else_is_wanted():
    wanted = replace(request("entropy"), shares=False)
    for result in run(network(), windowed(), wanted).values():
        assert result.class_shares.shape == (len(WINDOWS.layout((24, 32))), 0)
        assert result.embeddings == {}


def test_windows_as_images_of_their_own(scanned):
    wanted = request("entropy", embeddings=(Embedding(view="unit"),))
    result = run(network(), windowed(slice(0, 3)), wanted)["image0"]
    assert vectors(result).shape == (3, vectors(scanned["image0"]).shape[1])


@settings(max_examples=40, deadline=None)
@given(
    size=st.tuples(st.integers(6, 30), st.integers(6, 30)),
    cells=st.tuples(st.integers(1, 6), st.integers(1, 6)),
    stride=st.integers(1, 7),
)
def test_means_over_windows_equal_their_cell_weights(size, cells, stride):
    layout = Windows(5, 6, stride).layout(size)
    features = np.random.default_rng(0).normal(size=(*cells, 3)).astype(np.float32)
    found = window_means(features, layout.boxes, size)
    for vector, (y0, x0, y1, x1) in zip(found, layout.boxes, strict=True):
        alone = np.full(size, -1, np.int32)
        alone[y0:y1, x0:x1] = 0
        weights = cell_weights(alone, 1, cells)
        np.testing.assert_allclose(vector, (weights @ features.reshape(-1, 3))[0], atol=1e-5)


def test_maps_at_the_output_stride_count_the_cells_whose_centre_lies_inside():
    layout = WINDOWS.layout((24, 32))
    units = counts_of(layout, (6, 8))
    centres_y, centres_x = 4 * np.arange(6) + 2, 4 * np.arange(8) + 2
    for (y0, x0, y1, x1), (a, b, c, d) in zip(layout.boxes, units.boxes, strict=True):
        assert list(range(a, c)) == [i for i, y in enumerate(centres_y) if y0 <= y < y1]
        assert list(range(b, d)) == [i for i, x in enumerate(centres_x) if x0 <= x < x1]
    with pytest.raises(ShapeError, match="lies between the cells"):
        counts_of(Windows(1, 1, 1).layout((24, 32)), (6, 8))
