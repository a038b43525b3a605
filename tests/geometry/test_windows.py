"""A pool of windows: candidates, costs and suppression against plain masks."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.pool.conftest import TinyDataset, initial_units
from workbench.budget import Budget, Initial
from workbench.errors import BudgetError, PoolError
from workbench.geometry import Images, list_units
from workbench.geometry.windows import WindowGeometry
from workbench.pool import Allowance, LabelledSet, MaskLabels, Oracle, PoolState, check_budget
from workbench.types import IGNORE, UNITS_PER_IMAGE, image_numbers, local_numbers
from workbench.units import UNITS
from workbench.units.window import Windows

OVERLAPS = st.sampled_from([0.0, 0.2, 0.5, 0.9])


def pool(max_overlap=0.0, window="4x6,stride=2"):
    scheme = UNITS.bind(f"window:{window},max_overlap={max_overlap}").call()
    return list_units(TinyDataset(), scheme)


def mask_of(geometry, ids, number):
    """(H, W), drawn box by box."""
    mask = np.zeros(geometry.sizes[number], bool)
    for y0, x0, y1, x1 in geometry.boxes_of([i for i in ids if i // UNITS_PER_IMAGE == number]):
        mask[y0:y1, x0:x1] = True
    return mask


def labelled(geometry, draw, most=8):
    rows = draw(st.lists(st.integers(0, len(geometry) - 1), max_size=most, unique=True))
    return geometry.unit_ids[rows]


def test_windows_are_those_of_listed_units():
    geometry, scheme = pool(), Windows(4, 6, 2)
    layouts = [scheme.layout(tuple(size)) for size in geometry.sizes.tolist()]
    assert len(geometry) == sum(map(len, layouts))
    boxes = geometry.boxes_of(geometry.unit_ids)
    np.testing.assert_array_equal(boxes, np.concatenate([one.boxes for one in layouts]))
    np.testing.assert_array_equal(geometry.areas_of(geometry.unit_ids), np.full(len(geometry), 24))
    np.testing.assert_array_equal(geometry.costs("pixels"), np.full(len(geometry), 24))
    counts = np.bincount(image_numbers(geometry.unit_ids))
    assert counts.tolist() == [len(one) for one in layouts]
    some = geometry.unit_ids[[40, 3]]
    np.testing.assert_array_equal(geometry.rows(some), [40, 3])
    candidates = geometry.candidates(some, "pixels")
    assert candidates.image_ids.tolist() == [geometry.image_ids[n] for n in image_numbers(some)]
    np.testing.assert_array_equal(candidates.boxes, boxes[[40, 3]])
    assert candidates.costs.tolist() == [24, 24]
    with pytest.raises(PoolError, match="is not in the pool of"):
        geometry.rows([len(layouts[0])])


@pytest.mark.parametrize(
    ("size", "sides", "count"), [((3, 20), (3, 6), 8), ((20, 5), (4, 5), 9), ((2, 3), (2, 3), 1)]
)
def test_windows_of_an_image_narrower_than_a_window_are_as_long_as_the_image(size, sides, count):
    geometry = WindowGeometry(Images.make(["a", "b"], np.array([(9, 9), size])), Windows(4, 6, 2))
    mine = geometry.unit_ids[image_numbers(geometry.unit_ids) == 1]
    assert len(mine) == count
    boxes = geometry.boxes_of(mine)
    assert (boxes[:, 2:] - boxes[:, :2]).tolist() == [list(sides)] * count
    area = sides[0] * sides[1]
    assert geometry.areas_of(mine).tolist() == [area] * count
    assert geometry.costs("pixels")[-count:].tolist() == [area] * count
    assert geometry.unlabelled_pixels(mine, []).tolist() == [area] * count
    assert geometry.prices(mine[:1], "pixels").tolist() == [area]
    assert geometry.image_costs("pixels").tolist() == [81, size[0] * size[1]]
    assert geometry.most("pixels", 10 * area) == 10


def test_five_million_windows_are_indexed_without_a_list():
    sizes, frames = np.full((2975, 2), (1024, 2048)), [None] * 2975
    names = [f"image_{i}" for i in range(2975)]
    tracemalloc.start()
    geometry = WindowGeometry(Images.make(names, sizes, frames), Windows(128, 128, 32))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(geometry) == 5_262_775
    assert peak < 2**20
    last = 2974 * UNITS_PER_IMAGE + 1768
    assert geometry.boxes_of([last]).tolist() == [[896, 1920, 1024, 2048]]
    assert geometry.rows([last]).tolist() == [5_262_774]


def test_an_image_of_more_windows_than_ids_is_refused(monkeypatch):
    monkeypatch.setattr(TinyDataset, "size", lambda *_: (4000, 4000))
    with pytest.raises(PoolError, match="im0 is divided into 15976009 units; wanted at most"):
        list_units(TinyDataset(), Windows(4, 4, 1))


@settings(deadline=None, max_examples=60)
@given(data=st.data(), max_overlap=OVERLAPS)
def test_candidates_and_costs_against_masks(data, max_overlap):
    geometry = pool(max_overlap)
    known = labelled(geometry, data.draw)
    masks = [mask_of(geometry, known.tolist(), number) for number in range(geometry.n_images)]
    boxes = geometry.boxes_of(geometry.unit_ids)
    inside = [
        int(masks[unit // UNITS_PER_IMAGE][y0:y1, x0:x1].sum())
        for unit, (y0, x0, y1, x1) in zip(geometry.unit_ids.tolist(), boxes, strict=True)
    ]
    free = [
        unit
        for unit, covered in zip(geometry.unit_ids.tolist(), inside, strict=True)
        if covered <= max_overlap * 24 and unit not in known
    ]
    state = PoolState(geometry, known)
    assert state.unlabelled.tolist() == free
    assert state.cost("pixels") == sum(int(mask.sum()) for mask in masks)
    assert state.cost("units") == len(known)
    costs = geometry.candidates(geometry.unit_ids, "pixels", known).costs
    assert costs.tolist() == [24 - covered for covered in inside]
    for number in range(geometry.n_images):
        mine = known[image_numbers(known) == number]
        wanted = {u for u in free if u // UNITS_PER_IMAGE == number} | set(mine.tolist())
        looked_at = geometry.scanned(number, mine).local + number * UNITS_PER_IMAGE
        assert set(looked_at.tolist()) == wanted


@settings(deadline=None, max_examples=60)
@given(data=st.data(), max_overlap=OVERLAPS, k=st.integers(0, 30))
def test_a_query_keeps_apart_and_pays_each_pixel_once(data, max_overlap, k):
    geometry = pool(max_overlap)
    known = labelled(geometry, data.draw, most=4)
    ranking = geometry.unit_ids[np.random.default_rng(k).permutation(len(geometry))]
    kept = geometry.apart(ranking, k, known)
    masks = [mask_of(geometry, known.tolist(), number) for number in range(geometry.n_images)]
    plain, prices = [], []
    for unit in ranking.tolist():
        y0, x0, y1, x1 = geometry.boxes_of([unit])[0]
        part = masks[unit // UNITS_PER_IMAGE][y0:y1, x0:x1]
        if len(plain) < k and part.sum() <= max_overlap * 24:
            plain.append(unit)
            prices.append(24 - int(part.sum()))
            part[:] = True
    assert kept.tolist() == plain
    assert geometry.prices(kept, "pixels", known).tolist() == prices
    spent = PoolState(geometry, known).cost("pixels")
    once = np.setdiff1d(kept, known)  # one that is labelled all over costs nothing
    assert PoolState(geometry, known).reveal(once).cost("pixels") == spent + sum(prices)


def test_initial_images_are_labelled_side_by_side():
    geometry = pool()
    budget = Budget(unit="pixels", initial=2 * 96, per_cycle=24, cycles=2)
    drawn = initial_units(geometry, Initial(), budget, seed=3)
    pictures = np.unique(image_numbers(drawn))
    assert len(pictures) in (1, 2)
    for number in pictures:
        assert mask_of(geometry, drawn.tolist(), number).all()
    state = PoolState(geometry, drawn)
    assert state.cost("pixels") == geometry.sizes[pictures].prod(axis=1).sum() <= 192
    assert not set(image_numbers(state.unlabelled)) & set(pictures.tolist())


def test_initial_windows_keep_apart_and_within_the_budget():
    geometry = pool()
    budget = Budget(unit="units", initial=9, per_cycle=1, cycles=2)
    drawn = initial_units(geometry, Initial(rule="units"), budget, seed=1)
    assert len(drawn) == 9
    assert PoolState(geometry, drawn).cost("pixels") == 9 * 24
    again = initial_units(geometry, Initial(rule="units"), budget, seed=1)
    assert drawn.tolist() == again.tolist()


def test_a_budget_in_windows_is_whole_images():
    geometry = pool(window="4x6,stride=2")
    assert geometry.image_costs("units").tolist() == [4, 4, 6, 4, 6, 4]
    images = Images.make(geometry.image_ids, np.full((6, 2), (8, 12)))
    same = WindowGeometry(images, Windows(4, 6, 2))
    with pytest.raises(BudgetError, match="each of which has 4 units"):
        initial_units(same, Initial(), Budget(initial=6, per_cycle=1, cycles=2), 0)
    assert len(initial_units(same, Initial(), Budget(initial=8, per_cycle=1, cycles=2), 0)) == 8


def test_the_pool_holds_its_pixels_once():
    geometry = pool()
    pixels = int(geometry.sizes.prod(axis=1).sum())
    check_budget(Allowance(geometry, Budget(unit="pixels", initial=pixels, per_cycle=1, cycles=1)))
    with pytest.raises(BudgetError, match=f"the pool holds {pixels} pixels"):
        check_budget(
            Allowance(geometry, Budget(unit="pixels", initial=pixels, per_cycle=1, cycles=2))
        )


def test_overlapping_windows_unite_in_the_image_and_stand_alone_as_units():
    dataset, scheme = TinyDataset(), Windows(4, 6, 2, max_overlap=0.9)
    geometry = list_units(dataset, scheme)
    oracle = Oracle(MaskLabels(dataset, geometry), geometry)
    first, second = np.array([0, 1]), UNITS_PER_IMAGE + 3
    oracle.reveal([*first.tolist(), second])
    whole = LabelledSet(oracle, dataset, "image")
    assert len(whole) == 2
    image, mask, name = whole[0]
    shown = mask_of(geometry, first.tolist(), 0)
    truth = dataset.mask("train", "im0")
    np.testing.assert_array_equal(mask, np.where(shown, truth, IGNORE))
    assert (image.shape, name) == ((8, 12, 3), "im0")
    parts = LabelledSet(oracle, dataset, "unit")
    assert len(parts) == 3
    for sample, unit in zip(parts, [0, 1, second], strict=True):
        y0, x0, y1, x1 = geometry.boxes_of([unit])[0]
        key = geometry.image_ids[unit // UNITS_PER_IMAGE]
        np.testing.assert_array_equal(sample[1], dataset.mask("train", key)[y0:y1, x0:x1])
        assert sample[2] == f"{key}#{int(local_numbers(unit))}"
    assert oracle.class_pixels(2).sum() == sum(
        int((oracle.labels(part) != IGNORE).sum()) for part in (first, np.array([second]))
    )
