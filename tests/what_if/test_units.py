"""Units that were not stored: scores, shares, vectors and costs from the cache, pixel by pixel."""

from dataclasses import replace

import numpy as np
import pytest

import workbench as wb
from tests.what_if.conftest import SIZE, labelled_pixels
from workbench.aggregation import AGGREGATIONS, ascending, count_above
from workbench.errors import ConfigError
from workbench.geometry import read_table
from workbench.store import run_of
from workbench.store.quantise import restore
from workbench.units import UNITS
from workbench.what_if import _opened
from workbench.what_if._maps import Maps
from workbench.what_if._ranked import RankedImage, RankedPixels

GRIDS = ["grid:3x3", "grid:1x5", "image", "grid:4x4"]


def unit_masks(units):
    unit_map = UNITS.bind(units).call().layout(SIZE).unit_map
    return [unit_map == unit for unit in range(unit_map.max() + 1)]


def free_parts(cycle, units):
    """Unit id ► image and mask of the pixels that are not labelled."""
    pool = run_of(cycle).experiment.pool.drop_duplicates("image_id")
    return {
        number * 10_000_000 + local: (image_id, mask & ~labelled_pixels(cycle, image_id))
        for number, image_id in zip(pool["image_number"], pool["image_id"], strict=True)
        for local, mask in enumerate(unit_masks(units))
    }


def test_the_cycle_at_hand_is_labelled_in_part(cycle):
    shares = [labelled_pixels(cycle, image_id).mean() for image_id in cycle.image_ids]
    assert 1 in shares
    assert {0.25, 0.5, 0.75} & set(shares)


@pytest.mark.parametrize("units", GRIDS)
def test_candidates_are_the_units_with_a_pixel_left_scored_by_these(cycle, units):
    found = wb.whatif(cycle, units=units, k=3)
    free = {unit: part for unit, part in free_parts(cycle, units).items() if part[1].any()}
    assert found.units["unit_id"].tolist() == list(free)
    assert found.units["area"].tolist() == [int(mask.sum()) for _, mask in free.values()]
    naive = [cycle.score_map("entropy", image)[mask].mean() for image, mask in free.values()]
    np.testing.assert_allclose(found.unit_scores, naive, rtol=1e-5)
    best = found.unit_scores.sort_values(ascending=False, kind="stable").index[:3]
    assert found.tolist() == best.tolist()
    assert "cached maps" in found.approximate[0]


def test_counts_are_shares_of_the_pixels_that_are_left(cycle):
    found = wb.whatif(cycle, aggregation="count_above:0.3", units="grid:3x3", k=3)
    naive = [
        (cycle.score_map("entropy", image)[mask] > 0.3).mean()
        for image, mask in free_parts(cycle, "grid:3x3").values()
        if mask.any()
    ]
    np.testing.assert_array_equal(found.unit_scores, naive)


@pytest.mark.parametrize("units", ["grid:2x2", "grid:3x3", "image"])
def test_sorted_pixels_give_the_bits_of_the_plain_form(cycle, units, monkeypatch):
    pool = _opened.OpenedCycle(cycle).pool(units)
    levels = np.unique(cycle.score_map("entropy", cycle.image_ids[3]))
    thresholds = [-1.0, 0.0, 0.2, 2.0, *levels[[0, 5, -1]].tolist()]
    others = ["max", "quantile:0.37", "quantile:1.0", "top_mean:0.1", "top_mean:1.0"]
    bounds = [AGGREGATIONS.bind(b) for b in (*(f"count_above:{t!r}" for t in thresholds), *others)]
    fast = [pool._scores_from_maps("entropy", bound) for bound in bounds]
    monkeypatch.setattr("workbench.what_if._pool.CACHE_BYTES", 0)  # too many pixels to be held
    for bound, found in zip(bounds, fast, strict=True):
        plain = pool._scores_from_maps("entropy", bound)
        np.testing.assert_array_equal(found.values, plain.values, err_msg=bound.key)
        assert found.stored_as == plain.stored_as == "in 8 bits"


@pytest.mark.parametrize("bits", [(8, 8, 8), (16, 16, 16), (8, 16, 8)])
def test_sorted_codes_answer_thresholds_exactly_even_on_a_level(bits):
    rng = np.random.default_rng(0)
    images, expected = [], []
    thresholds = [-0.5, 0.0, 1e-7, 0.1, 0.5, 7.0]
    for number, (low, high) in enumerate([(0.0, 1.2), (0.1, 0.1), (-0.5, 0.5)]):
        codes = rng.integers(0, 2 ** bits[number], (9, 8)).astype(f"uint{bits[number]}")
        unit_map = rng.integers(-1, 4, (9, 8)).astype(np.int32)
        ordered, sizes = ascending(codes, unit_map, 4)
        rows = slice(4 * number, 4 * number + 4)
        images.append(RankedImage(rows, ordered, sizes, low, high))
        scores = restore(codes, low, high)
        thresholds += scores.ravel()[:5].tolist()
        expected.append((scores, unit_map))
    ranked = RankedPixels(images[::-1], 12, "")
    for threshold in thresholds:
        naive = np.concatenate([count_above(*maps, 4, threshold) for maps in expected])
        np.testing.assert_array_equal(ranked.share_above(threshold), naive)
    for spec in ("max", "quantile:0.3", "top_mean:0.2"):
        bound = AGGREGATIONS.bind(spec)
        naive = np.concatenate([bound.call(*maps, 4) for maps in expected])
        np.testing.assert_array_equal(ranked.scores(bound), naive)
    assert RankedPixels([], 3, "").share_above(0.5).tolist() == [0, 0, 0]


def test_an_unstored_aggregation_of_stored_units_comes_from_the_maps(cycle):
    found = wb.whatif(cycle, aggregation="count_above:0.3", k=3)
    pool = cycle.units.set_index("unit_id")
    for unit, score in found.unit_scores.items():
        y0, x0, y1, x1 = pool.loc[unit, ["y0", "x0", "y1", "x1"]]
        score_map = cycle.score_map("entropy", pool.loc[unit, "image_id"])
        assert score == (score_map[y0:y1, x0:x1] > 0.3).mean()
    assert found.approximate == (
        "Unit scores come from the cached maps of entropy, stored in 8 bits; the engine reads "
        "the maps as they were computed.",
    )


@pytest.mark.parametrize("units", GRIDS)
def test_class_shares_are_exact_in_any_units(cycle, units):
    pool = _opened.OpenedCycle(cycle).pool(units)
    naive = [
        np.bincount(cycle.prediction(image)[mask], minlength=5) / mask.sum()
        for image, mask in free_parts(cycle, units).values()
        if mask.any()
    ]
    np.testing.assert_allclose(pool.class_shares, naive, rtol=1e-6)


@pytest.mark.parametrize("units", GRIDS)
def test_vectors_are_the_feature_maps_mean_over_the_unit(cycle, units):
    pool = _opened.OpenedCycle(cycle).pool(units)
    images = run_of(cycle).experiment.pool.drop_duplicates("image_id")["image_id"]
    naive = [
        np.kron(cycle.feature_map(image).astype(float), np.ones((12, 16, 1)))[mask].mean(axis=0)
        for image in images
        for mask in unit_masks(units)
    ]
    np.testing.assert_allclose(pool.embeddings.vectors, naive, atol=1e-6)
    touched = [
        unit
        for unit, (image, mask) in free_parts(cycle, units).items()
        if mask.sum() < unit_masks(units)[unit % 10_000_000].sum()
    ]
    assert pool.embeddings.unit_ids[pool.embeddings.labelled].tolist() == touched


def test_units_that_hold_labels_are_what_k_center_keeps_away_from(cycle):
    found = wb.whatif(cycle, units="image", selector="k_center", k=20)
    assert len(found) == len(found.units)
    partly = set(found.units["unit_id"]) & set(found.labelled["unit_id"])
    assert partly
    assert set(found.tolist()[-len(partly) :]) == partly, "their distance is 0, so they come last"
    assert found.notes == (
        f"{len(partly)} candidates overlap labelled pixels; their scores and costs count "
        "their unlabelled pixels only.",
    )
    assert "coarse feature maps" in found.approximate[1]


def test_queries_of_different_units_are_compared_by_pixels(cycle):
    found = wb.whatif(cycle, units="grid:3x3", k=5)
    pool = run_of(cycle).experiment.pool.set_index("unit_id")
    parts = free_parts(cycle, "grid:3x3")
    both = asked = made = 0
    for image_id in cycle.image_ids:
        first, second = np.zeros(SIZE, bool), np.zeros(SIZE, bool)
        for unit in found:
            first |= parts[unit][1] & (parts[unit][0] == image_id)
        for row in pool.loc[cycle.selected].query("image_id == @image_id").itertuples():
            second[row.y0 : row.y1, row.x0 : row.x1] = True
        both, asked, made = both + (first & second).sum(), asked + first.sum(), made + second.sum()
    change = found.change
    assert change.counted_in == "pixels"
    assert (change.chosen.units, change.chosen.pixels) == (5, asked)
    assert (change.made.units, change.made.pixels) == (4, made)
    assert change.overlap == pytest.approx(both / min(asked, made))
    assert change.jaccard == pytest.approx(both / (asked + made - both))
    assert change.rank_correlation == 1, "the same score and aggregation, in the same units"


def test_the_stored_units_may_be_spelt_in_any_way(cycle):
    assert wb.whatif(cycle, units="grid:rows=2,columns=2").approximate == ()
    assert wb.whatif(cycle, units="grid:2,2").tolist() == wb.whatif(cycle).tolist()


def test_maps_of_reduced_size_are_enlarged(changed_store):
    def halve(scan):
        maps = {name: m[::2, ::2].copy() for name, m in scan.score_maps.items()}
        return replace(scan, score_maps=maps)

    cycle = changed_store(halve)
    found = wb.whatif(cycle, aggregation="count_above:0.3", units="grid:3x3", k=3)
    assert "stored at a reduced size, in 8 bits" in found.approximate[0]
    naive = [
        (np.kron(cycle.score_map("entropy", image), np.ones((2, 2)))[mask] > 0.3).mean()
        for image, mask in free_parts(cycle, "grid:3x3").values()
        if mask.any()
    ]
    np.testing.assert_array_equal(found.unit_scores, naive)


def test_maps_beyond_the_limit_are_read_again_and_give_the_same(cycle):
    plain = _opened.OpenedCycle(cycle).own
    bound = AGGREGATIONS.bind("count_above:0.4")
    few = _opened.OpenedCycle(cycle).own
    few._maps = Maps(cycle, limit=3 * SIZE[0] * SIZE[1])
    for _ in range(2):
        np.testing.assert_array_equal(
            few._scores_from_maps("entropy", bound).values,
            plain._scores_from_maps("entropy", bound).values,
        )
    assert len(few._maps._cached) == 3
    assert len(plain._maps._cached) == len(plain._parts)


def test_a_pool_that_does_not_cover_its_images_cannot_be_cut_anew(cycle):
    kept = _opened.OpenedCycle(cycle)
    table = kept.own.whole.table()
    smaller = table.assign(area=table["area"] - 1)
    kept._stored.geometry = read_table(smaller, UNITS.bind("grid:2x2").call())
    with pytest.raises(ConfigError, match="do not cover"):
        _ = kept.pool("image").whole
