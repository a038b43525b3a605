"""Small steps of the vocabulary against values known from their definitions."""

import ctypes
import hashlib
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from workbench.compute import ResolvedCompute
from workbench.errors import ConfigError, ShapeError
from workbench.param import LARGEST_SEED, LARGEST_SIDE, MOST_ITEMS, Param
from workbench.rider import Rider, RiderMap, columns_of
from workbench.seeding import generator, seed_of
from workbench.types import (
    IGNORE,
    UNITS_PER_IMAGE,
    Candidates,
    Committee,
    DatasetCard,
    by_image,
    states_and_ranks,
    unit_ids,
)


def test_seeds_are_the_first_63_bits_of_a_digest():
    assert seed_of(0) == int(hashlib.sha256(b"0").hexdigest()[:16], 16) >> 1
    assert seed_of(3, 1, "selection") == 7554377870264602330
    drawn = np.random.default_rng(7554377870264602330).integers(10**9)
    assert generator(3, 1, "selection").integers(10**9) == drawn


def test_freed_memory_is_kept_by_the_numbers_of_glibc(monkeypatch):
    """M_TRIM_THRESHOLD is −1 and M_MMAP_THRESHOLD −3 in malloc.h; the latter is at most 32 MiB."""
    calls = []
    library = SimpleNamespace(mallopt=lambda *values: calls.append(values))
    monkeypatch.setattr(ctypes, "CDLL", lambda _: library)
    before = torch.get_num_threads()
    try:
        ResolvedCompute("cpu", "float32", 1).apply()
    finally:
        torch.set_num_threads(before)
    assert calls == [(-3, 2**25), (-1, 2**31 - 1)]
    assert ResolvedCompute("cpu", "float32").threads == 1


@pytest.mark.parametrize(
    ("precision", "kind"), [("float32", torch.float32), ("bf16", torch.bfloat16)]
)
def test_the_precision_is_that_of_the_passes(precision, kind):
    with ResolvedCompute("cpu", precision).autocast():
        assert torch.nn.functional.linear(torch.ones(1, 2), torch.ones(1, 2)).dtype == kind


def test_a_riders_columns_are_named_once():
    clicks = RiderMap("density", columns={"clicks": "sum", "most": "max"})
    assert (clicks.low, clicks.high, clicks.unit) == (0, 1, "")
    assert columns_of((clicks,), ("age",)) == ["density", "clicks", "most", "age"]
    assert Rider("r", None, (clicks,), ("age",)).numbers == ("age",)
    for maps, numbers in (((clicks,), ("clicks",)), ((), ("age", "age")), ((), ())):
        with pytest.raises(ConfigError):
            Rider("r", None, maps, numbers)


def test_members_have_five_axes_and_two_classes():
    assert Committee.from_members(torch.full((3, 1, 2, 4, 5), 0.5)).n == 3
    for shape in ((3, 2, 4, 5), (1, 3, 1, 2, 4, 5), (3, 1, 1, 4, 5)):
        with pytest.raises(ShapeError):
            Committee.from_members(torch.ones(shape))
    found = Committee.from_members(torch.full((3, 2, 4, 5, 6), 0.25))
    assert found.count.shape == (2, 1, 5, 6)
    assert (found.count == 3).all()
    assert found.votes.shape == (2, 4, 5, 6)
    assert (found.votes[:, 0] == 1).all()
    torch.testing.assert_close(found.mean_square_probs, torch.full((2, 4, 5, 6), 1 / 16))
    torch.testing.assert_close(found.mean_entropy, torch.full((2, 5, 6), float(np.log(4))))


def test_candidates_name_the_first_value_that_is_not_finite():
    bad = np.array([[0, 1], [1, np.nan], [np.inf, 0]])
    with pytest.raises(ShapeError, match="embeddings of unit 8"):
        Candidates([9, 8, 7], embeddings=bad).require("embeddings")
    with pytest.raises(ShapeError, match="labelled_embeddings in row 1"):
        Candidates([9, 8, 7], labelled_embeddings=bad).require("labelled_embeddings")
    for wrong in ([[1, 2]], [1.5], [3, 3]):
        with pytest.raises(ShapeError):
            Candidates(wrong)
    with pytest.raises(ShapeError, match="2 rows for 3 units"):
        Candidates([1, 2, 3], scores=[0, 1])
    ordered = Candidates([1, 2, 3])
    assert ordered.ordered() is ordered
    assert Candidates([3, 1, 2], scores=[0.3, 0.1, 0.2]).ordered().scores.tolist() == [
        0.1,
        0.2,
        0.3,
    ]
    assert len(Candidates([])) == 0


def test_states_and_ranks_worked_by_hand():
    state, rank = states_and_ranks([4, 1, 9, 5], [1, 5], [9, 4, 5])
    assert state.tolist() == ["selected", "labelled", "selected", "selected"]
    assert rank.tolist() == [1, -1, 0, 2]
    state, rank = states_and_ranks([4, 10], [], [4])
    assert state.tolist() == ["selected", "unlabelled"]
    assert rank.tolist() == [0, -1]
    assert states_and_ranks([4], [], [])[1].tolist() == [-1]


def test_ids_hold_image_and_place():
    assert (UNITS_PER_IMAGE, IGNORE) == (10_000_000, 255)
    assert unit_ids(3, [0, 7]).tolist() == [30_000_000, 30_000_007]
    found = [(number, ids.tolist()) for number, ids in by_image([30_000_007, 5, 30_000_000])]
    assert found == [(0, [5]), (3, [30_000_000, 30_000_007])]
    assert list(by_image([])) == []


def test_a_card_has_a_colour_for_each_class():
    with pytest.raises(ShapeError):
        DatasetCard("a", ("x", "y"), ((0, 0, 0),), 255, {}, "a test")
    assert DatasetCard("a", ("x",), ((0, 0, 0),), 255, {}, "a test").n_classes == 1


def test_settings_at_their_bounds_are_kept_and_beyond_refused():
    assert (LARGEST_SEED, LARGEST_SIDE, MOST_ITEMS) == (2**32 - 1, 2**14, 100)
    number = Param("n", "int", 1, low=1, high=3)
    assert [number.check(value, "a") for value in (1, 3, 2.0, "2")] == [1, 3, 2, 2]
    many = Param("n", "ints", low=1)
    assert many.check([1] * 100, "a") == (1,) * 100
    plain = Param("n", "int")
    assert plain.check(2**63 - 1, "a") == 2**63 - 1
    assert plain.check("0" * 39 + "7", "a") == 7
    for param, value in (
        (number, 0), (number, 4), (number, None), (number, True), (number, 1.5),
        (many, [1] * 101), (many, [0]), (plain, 2**63), (plain, "0" * 40 + "7"),
    ):  # fmt: skip
        with pytest.raises(ConfigError):
            param.check(value, "a")
    assert Param("n", "int", None, low=1).check(None, "a") is None
    assert Param("n", "int", 2, low=1, optional=True).check(None, "a") is None
