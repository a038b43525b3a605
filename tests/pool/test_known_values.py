"""Small steps of the pool against values known from their definitions."""

import inspect
from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError

from tests.pool.conftest import TinyDataset
from workbench.budget import Budget, Initial
from workbench.errors import BudgetError, WaitingError
from workbench.geometry import Images, list_units
from workbench.geometry.listed import ListedGeometry
from workbench.pool import (
    Allowance,
    MaskLabels,
    Oracle,
    PoolState,
    Prices,
    Queue,
    affordable,
    check_budget,
    collect,
    initial_sets,
    labelled_share,
    nominal_shares,
)
from workbench.pool.click_set import ClickSet
from workbench.pool.clicks import FEWEST_CLICKS, click_points, count_clicks
from workbench.types import IGNORE, image_numbers, unit_ids
from workbench.units import UNITS

INDEX = list_units(TinyDataset(), UNITS.bind("grid:2x3").call())


class Waiting:
    """A label source that notes each request and answers it before the next call."""

    def __init__(self):
        self.requests = []
        self._there = set()

    def request(self, ids):
        self.requests.append(ids.tolist())

    def available(self, ids):
        return np.isin(ids, sorted(self._there))

    def answer(self):
        self._there.update(self.requests[-1])


@pytest.mark.parametrize(
    ("clicks", "limit", "requests"),
    [
        # 4 each: one first, then as many as fit into the 16 that are left
        ([4] * 9, 20, [[0], [1, 2, 3, 4]]),
        # after 10 one more fits; after 12 in two units two more, at 6 each
        ([10, 2, 9, 9], 25, [[0], [1], [2, 3]]),
        # the mean price no longer fits, and one is requested all the same
        ([24, 3, 3], 25, [[0], [1]]),
        # what is all void costs nothing and says nothing of the others
        ([0, 0, 5, 5], 10, [[0], [1], [2], [3]]),
    ],
)
def test_no_more_labels_are_requested_than_are_likely_to_fit(clicks, limit, requests):
    source = Waiting()
    prices = SimpleNamespace(pay=lambda ids: np.array([clicks[i] for i in ids]))
    queue = Queue.of_units(range(len(clicks)), limit)
    for _ in range(len(requests)):
        with pytest.raises(WaitingError):
            collect(queue, source, prices)
        source.answer()
    paid = collect(queue, source, prices)
    assert source.requests == requests
    assert paid.unit_ids.tolist() == [i for part in requests for i in part][: len(paid.unit_ids)]
    assert paid.clicks.tolist() == clicks[: len(paid.unit_ids)]


def test_polygons_are_counted_within_two_pixels_everywhere():
    y, x = np.mgrid[0:200, 0:200]
    disc = np.where((y - 100) ** 2 + (x - 100) ** 2 < 95**2, 1, IGNORE).astype(np.uint8)
    counts = [count_clicks(disc, tolerance) for tolerance in (1.0, 2.0, 4.0)]
    assert len(set(counts)) == 3
    assert count_clicks(disc) == counts[1]
    assert click_points(disc).tolist() == click_points(disc, 2.0).tolist()
    for thing in (Prices, ClickSet):
        assert inspect.signature(thing).parameters["tolerance"].default == 2.0
    assert Budget(initial=0, per_cycle=1, cycles=2).click_tolerance == 2.0
    assert FEWEST_CLICKS == 4, "three vertices and the class"


def test_the_click_set_of_a_unit_has_its_clicks_and_its_pixels_alone():
    dataset = TinyDataset()
    index = list_units(dataset, UNITS.bind("grid:2x3").call())
    oracle = Oracle(MaskLabels(dataset, index), index, [0, 4])
    (sample,) = ClickSet(oracle, dataset)
    _, clicks, revealed, name = sample
    assert name == "im0"
    inside = np.zeros((8, 12), bool)
    for y0, x0, y1, x1 in index.boxes_of([0, 4]).tolist():
        inside[y0:y1, x0:x1] = True
    np.testing.assert_array_equal(revealed, inside)
    assert clicks[~inside].sum() == 0
    prices = Prices(MaskLabels(dataset, index)).pay([0, 4])
    assert clicks.sum() == pytest.approx(prices.sum(), rel=1e-5)


def budget(**changes):
    return Budget(**{"initial": 0, "per_cycle": 1, "cycles": 2} | changes)


def test_amounts_in_images_are_parts_of_the_whole_image():
    whole = 2**32
    images = Allowance(INDEX, budget(unit="images", initial=1.5, per_cycle=0.5, cycles=3))
    assert [images.nominal(n) for n in range(3)] == [3 * whole // 2, 2 * whole, 5 * whole // 2]
    share = Allowance(INDEX, budget(unit="%", initial="25%", per_cycle="50%"))
    assert share.nominal(0) == 6 * whole // 4
    assert images.image_costs().tolist() == [whole] * 6
    assert images.prices([0, 1]).tolist() == [whole * 16 // 96] * 2
    assert images.spent(PoolState(INDEX, [0, 1])) == whole * 32 // 96
    assert images.most(whole) == 8, "an image has 96 pixels at most, a unit 12 at least"
    assert images.text(whole * 3 // 2) == "1.5 images"
    assert images.text(whole * 2) == "2 images"
    assert images.text(whole // 3) == "0.333333 images"
    assert share.text(6 * whole // 4) == "25 %"
    assert not images.in_clicks
    pixels = Allowance(INDEX, budget(unit="pixels", per_cycle=40))
    assert (pixels.nominal(1), pixels.most(40), pixels.prices([0]).tolist()) == (40, 3, [16])
    assert pixels.spent(PoolState(INDEX, [0, 1])) == 32


def test_a_prefix_fits_up_to_the_limit_itself():
    assert affordable([7, 8, 9], [2, 2, 2], 4).tolist() == [7, 8]
    assert affordable([7, 8, 9], [2, 2, 2], 3).tolist() == [7]
    assert affordable([7, 8, 9], [2, 0, 2], 2).tolist() == [7, 8], "what costs nothing fits"
    assert affordable([7], [1], 0).tolist() == []


def test_what_fits_into_the_pool_is_told_to_the_cycle():
    check_budget(Allowance(INDEX, budget(initial=6, per_cycle=10, cycles=4)))  # all 36
    with pytest.raises(BudgetError, match=r"lower budget\.cycles to at most 4"):
        check_budget(Allowance(INDEX, budget(initial=6, per_cycle=10, cycles=5)))
    with pytest.raises(BudgetError, match=r"lower budget\.initial to at most 36 units"):
        check_budget(Allowance(INDEX, budget(initial=37, per_cycle=1, cycles=1)))
    with pytest.raises(BudgetError, match="no unit of this pool has so few"):
        check_budget(Allowance(INDEX, budget(unit="pixels", initial=0, per_cycle=11)))
    check_budget(Allowance(INDEX, budget(unit="pixels", initial=0, per_cycle=12)))
    check_budget(Allowance(INDEX, budget(unit="pixels", initial=96, per_cycle=0, cycles=1)))
    check_budget(Allowance(INDEX, budget(unit="clicks", initial=10**9, per_cycle=1)))


def test_shares_of_the_pool_count_each_image_alike():
    assert labelled_share(INDEX, np.arange(3)) == pytest.approx(3 / 6 / 6)
    large = unit_ids(2, np.arange(6))
    assert labelled_share(INDEX, large) == pytest.approx(1 / 6), "whatever its size"
    found = {
        "%": nominal_shares(INDEX, budget(unit="%", initial=0.1, per_cycle=0.2, cycles=3)),
        "images": nominal_shares(INDEX, budget(unit="images", initial=3, per_cycle=1.5)),
        "units": nominal_shares(INDEX, budget(initial=9, per_cycle=9, cycles=3)),
        "pixels": nominal_shares(INDEX, budget(unit="pixels", initial=141, per_cycle=141)),
    }
    assert found["%"].tolist() == [0.1, 0.3, 0.5]
    assert found["images"].tolist() == [0.5, 0.75]
    assert found["units"].tolist() == [0.25, 0.5, 0.75]
    assert found["pixels"].tolist() == [0.25, 0.5], "of 564"


def pool_of(areas):
    images = Images.make(
        [str(i) for i in range(len(areas))],
        [(1, area) for area in areas],
        [SimpleNamespace(sequence="s", number=n) for n in range(len(areas))],
    )
    boxes = np.array([[0, 0, 1, area] for area in areas], np.int32)
    ids = np.concatenate([unit_ids(n, [0]) for n in range(len(areas))])
    return ListedGeometry(images, ids, boxes, np.array(areas))


def test_uniform_takes_the_most_images_whose_pixels_fit():
    def drawn(limit, *areas):
        allowance = Allowance(pool_of(areas), budget(unit="pixels", initial=limit))
        (queue,) = initial_sets(allowance, Initial(rule="uniform"), 0)
        return image_numbers(queue.unit_ids).tolist()

    assert drawn(12, 4, 4, 4, 4, 4, 4) == [0, 2, 4]
    assert drawn(14, 9, 1, 1, 1, 1, 1) == [0, 1, 2, 3, 4, 5]
    assert drawn(13, 9, 1, 1, 1, 1, 1) == [0, 1, 2, 3, 4]
    assert drawn(11, 9, 1, 1, 1, 1, 1) == [0, 2, 4]


def test_defaults_of_a_budget_and_of_the_first_units():
    plain = Initial()
    assert (plain.rule, plain.sets, plain.repeats) == ("images", 5, 2)
    assert (plain.share_across_seeds, plain.filtered) == (False, False)
    assert budget().unit == "units"
    for wrong in ({"sets": 0}, {"sets": 101}, {"repeats": 0}, {"repeats": 101}):
        with pytest.raises(ValidationError):
            Initial(rule="middle_of", **wrong)
    for right in ({"sets": 1}, {"sets": 100}, {"repeats": 1}, {"repeats": 100}):
        assert Initial(rule="middle_of", **right)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"cycles": 0}, "greater than 0"),
        ({"cycles": 10_001}, "less than or equal"),
        ({"click_tolerance": -0.1}, "greater than or equal"),
        ({"click_tolerance": 10_001}, "less than or equal"),
        ({"per_cycle": 0}, "would label nothing"),
        ({"initial": -1}, "0 or more"),
        ({"initial": 1.5}, "whole number"),
        ({"initial": True}, "whole number"),
        ({"initial": "5%"}, "set unit to"),
        ({"initial": 10**12 + 1}, "at most"),
        ({"unit": "%", "initial": 1.01}, "from 0 to 1"),
        ({"unit": "%", "initial": "101%"}, "from 0 to 1"),
    ],
)
def test_amounts_that_no_budget_has_are_refused(values, message):
    with pytest.raises(ValidationError, match=message):
        budget(**values)


def test_amounts_at_the_bounds_are_kept():
    assert budget(cycles=1, per_cycle=0).total == 0
    assert budget(cycles=10_000).total == 9_999
    assert budget(click_tolerance=0).click_tolerance == 0
    assert budget(click_tolerance=10_000).click_tolerance == 10_000
    assert budget(initial=10**12).initial == 10**12
    assert budget(unit="%", initial="100%").initial == 1
    assert budget(unit="%", initial="12.5%").initial == 0.125
    assert budget(unit="%", initial=" 5%").initial == 0.05
    assert budget(unit="images", initial="2.50").initial == 2.5
    assert budget(initial="0" * 39 + "7").initial == 7
    with pytest.raises(ValidationError):
        budget(initial="0" * 40 + "7")
    assert budget(unit="%", initial=0.1, per_cycle=0.1, cycles=4).nominal(2) == 0.3
    assert budget(unit="%", initial=0.1).text(0.125) == "12.5 %"
    assert budget().text(16) == "16 units"
    assert budget(unit="images").text(2.5) == "2.5 images"
