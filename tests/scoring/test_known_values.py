"""Small steps of the scan: how far ahead it reads, what it holds back, what it declares."""

from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.scoring.networks import CLASSES, Painted, network, request, run, scan_images, vectors
from workbench.config import Embedding
from workbench.datasets.ahead import ahead
from workbench.errors import ScoreError
from workbench.geometry.cells import cell_weights
from workbench.scoring._batch import reduced
from workbench.scoring._batches import batches
from workbench.scoring._memory import fitting, out_of_memory
from workbench.scoring.pooling import coarse_map
from workbench.scoring.projection import projection
from workbench.scoring.request import FEATURE_CHANNELS, FEATURE_GRID, ScanImage, ScanRequest
from workbench.scoring.scores import parse_score
from workbench.units.base import UnitLayout


def taken_before_each(keys, size):
    """Return the batches, each with the number of items that were read before it."""
    read = []

    def items():
        for place, key in enumerate(keys):
            read.append(place)
            yield place, key

    return [
        ([place for place, _ in batch], len(read))
        for batch in batches(items(), size, lambda i: i[1])
    ]


def test_items_are_held_back_for_four_batches_at_most():
    assert taken_before_each("aabb", 2) == [([0, 1], 2), ([2, 3], 4)]
    assert taken_before_each("abab", 2) == [([0, 2], 3), ([1, 3], 4)]
    found = taken_before_each("abcdefghi", 2)
    assert found[0] == ([0], 8), "the eighth is as many as four batches hold"
    assert found[1] == ([1], 9)
    assert sorted(p for batch, _ in found for p in batch) == list(range(9))
    assert taken_before_each("aabcdd", 3) == [([0, 1], 6), ([2], 6), ([3], 6), ([4, 5], 6)]
    assert taken_before_each("abbcdddefghij", 4)[0][0] == [0]


def test_the_longest_list_goes_first_where_too_much_is_held_back():
    found = taken_before_each("abbcdefg" + "h", 3)
    assert found[0][0] == [0], "fewer than twelve are held, so all wait for the end"
    found = taken_before_each("abbcdefghijkl", 3)
    assert found[0] == ([1, 2], 12)


@pytest.mark.parametrize("bad", [False, True])
def test_images_that_are_read_ahead_are_given_back_whatever_ends_the_scan(bad):
    images = scan_images(3)
    wrong = ScanImage(9, "wrong", np.zeros((24, 32)), images[0].layout)
    source = ahead(lambda image: image, [*images, *([wrong] if bad else [])], depth=6)
    with pytest.raises(Exception) if bad else nullcontext():  # noqa: PT011 - any will do
        run(network(), source, request("entropy", features=False))
    assert source.gi_frame is None, "the generator is closed"


def test_memory_that_runs_out_halves_the_pieces_that_follow():
    sizes = []

    def work(piece):
        sizes.append(len(piece))
        if len(piece) > 3:
            raise RuntimeError("CUDA out of memory")
        return sum(piece)

    found = list(fitting(work, [list(range(10)), list(range(5))], 8, str))
    assert sizes == [8, 4, 2, 2, 2, 2, 2, 2, 2, 1]
    assert [piece for piece, _ in found][:2] == [[0, 1], [2, 3]]
    assert sum(total for _, total in found) == 45 + 10
    with pytest.raises(ScoreError, match="'7' alone does not fit"):
        list(fitting(lambda _: (_ for _ in ()).throw(MemoryError()), [[7]], 1, str))
    assert not out_of_memory(RuntimeError("another"))
    assert out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: 5"))


@pytest.mark.parametrize(
    ("size", "limit", "wanted"),
    [
        ((8, 12), (8, 12), (8, 12)),
        ((8, 12), (4, 12), (4, 6)),
        ((8, 12), (8, 6), (4, 6)),
        ((8, 12), (100, 100), (8, 12)),
        ((3, 300), (100, 10), (1, 10)),
        ((300, 3), (10, 100), (10, 1)),
    ],
)
def test_maps_are_reduced_in_proportion(size, limit, wanted):
    score_map = torch.rand(*size, generator=torch.Generator().manual_seed(0))
    found = reduced(score_map, limit)
    assert found.shape == wanted
    assert found.mean() == pytest.approx(float(score_map.mean()), rel=1e-4)


def test_coarse_maps_have_at_most_16_by_16_cells_of_256_numbers():
    assert (FEATURE_GRID, FEATURE_CHANNELS) == (16, 256)
    features = torch.rand(5, 20, 24, generator=torch.Generator().manual_seed(0))
    assert coarse_map(features).shape == (16, 16, 5)
    torch.testing.assert_close(
        coarse_map(features[:, :7, :9]), features[:, :7, :9].permute(1, 2, 0)
    )
    blocks = features[:, :, :].repeat_interleave(4, dim=1).repeat_interleave(2, dim=2)
    torch.testing.assert_close(coarse_map(blocks).mean((0, 1)), features.mean((1, 2)))
    half = coarse_map(features[:, :16].repeat_interleave(2, dim=1)[:, :, :16])
    torch.testing.assert_close(half, features[:, :16, :16].permute(1, 2, 0))
    assert coarse_map(torch.rand(256, 3, 3)).shape == (3, 3, 256)
    wide = torch.rand(300, 2, 3, generator=torch.Generator().manual_seed(0))
    expected = wide.permute(1, 2, 0) @ torch.from_numpy(projection(300)).T
    torch.testing.assert_close(coarse_map(wide), expected)
    lengths = np.linalg.norm(projection(5000), axis=0)
    assert lengths.mean() == pytest.approx(1, abs=0.02)


def test_defaults_of_a_request():
    plain = ScanRequest(())
    assert (plain.batch_size, plain.map_limit) == (8, (512, 1024))
    assert (plain.maps, plain.predictions, plain.features, plain.shares) == (True,) * 4
    assert (plain.coarse_tap, plain.at_stride, plain.view) == ("backbone", False, "image")


def test_a_score_knows_its_range_and_precision():
    assert parse_score("margin").range(CLASSES) == (0, 1)
    assert parse_score("total_entropy@transforms:hflip").range(2)[1] == pytest.approx(2 * np.log(2))
    assert [
        parse_score(text).needs_float32
        for text in ("entropy", "variance", "entropy@odin:0.5", "entropy@odin:1", "margin@odin")
    ] == [False, True, True, False, False]


def halves(height=24, width=32):
    """An image in two units, above and below its diagonal, that do not fill their boxes."""
    below = np.arange(height)[:, None] * width >= np.arange(width) * height
    unit_map = np.where(below, 0, 1).astype(np.int32)
    boxes = np.array([[0, 0, height, width], [0, 1, height, width]], np.int32)
    return below, UnitLayout(unit_map, boxes, np.bincount(unit_map.ravel()))


def test_a_unit_alone_is_scored_and_embedded_by_its_own_pixels():
    below, layout = halves()
    pixels = np.random.default_rng(0).integers(0, 3, (24, 32, 3), dtype=np.uint8)
    image = ScanImage(0, "one", pixels, layout)
    asked = request("entropy", view="unit", features=False, embeddings=(Embedding(view="unit"),))
    found = run(Painted(), [image], asked)["one"]
    scores = found.score_maps["entropy"].astype(np.float64)
    means = [scores[below].mean(), scores[~below].mean()]
    np.testing.assert_allclose(found.unit_scores["entropy"], means, rtol=1e-6)
    reds = [np.bincount(pixels[..., 0][part], minlength=4) / part.sum() for part in (below, ~below)]
    np.testing.assert_allclose(found.class_shares, reds, atol=1e-6)
    cells = torch.nn.functional.avg_pool2d(torch.from_numpy(pixels / 255).permute(2, 0, 1), 4)
    weights = cell_weights(np.where(below, 0, -1).astype(np.int32), 1, (6, 8))
    whole = weights[0] @ cells.flatten(1).numpy().T
    np.testing.assert_allclose(vectors(found)[0], whole, atol=1e-5)
    assert vectors(found).shape == (2, 3)
    in_image = run(Painted(), [image], replace(asked, view="image"))["one"]
    np.testing.assert_allclose(vectors(in_image), vectors(found), atol=1e-5)
