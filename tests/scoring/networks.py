"""Networks small enough for tests, images, and a sink that keeps everything."""

import numpy as np
import torch

from workbench.aggregation import AGGREGATIONS
from workbench.compute import ResolvedCompute
from workbench.models import build
from workbench.models.base import SegmentationModel
from workbench.scoring.scan import ScanImage, ScanRequest, scan
from workbench.scoring.scores import parse_score
from workbench.units import UNITS

CLASSES = 4
FLOAT32 = ResolvedCompute("cpu", "float32")
MEAN = AGGREGATIONS.bind("mean")


def network(seed=0):
    return build("tiny", CLASSES, seed).eval()


class Painted(SegmentationModel):
    """Predicts what the red channel says: logits are set pixel by pixel."""

    def __init__(self):
        super().__init__(CLASSES, {"backbone": 3, "decoder": 3}, 1, (0, 0, 0), (1, 1, 1))

    def run(self, x):
        red = (x[:, :1] * 255).round()
        logits = torch.cat([-(red - c).square() for c in range(CLASSES)], dim=1)
        logits = torch.where(red == 254, torch.nan, logits)
        maps = torch.nn.functional.avg_pool2d(x, 4, ceil_mode=False)
        return logits, {"backbone": maps, "decoder": maps}


def scan_images(n=5, size=(24, 32), units="grid:2x2", seed=0):
    rng = np.random.default_rng(seed)
    scheme = UNITS.bind(units).call()
    drawn = [rng.integers(0, 250, (*size, 3), dtype=np.uint8) for _ in range(n)]
    return [
        ScanImage(i, f"image{i}", image, scheme.layout(size, image))
        for i, image in enumerate(drawn)
    ]


def request(*texts, aggregations=("mean",), **more):
    scores = tuple(parse_score(text) for text in texts)
    pairs = tuple((s, AGGREGATIONS.bind(a)) for s in scores for a in aggregations)
    return ScanRequest(scores, pairs, **more)


def vectors(result):
    """The only embedding of an image."""
    (found,) = result.embeddings.values()
    return found


class Kept(dict):
    """A sink: image id ► its results."""

    def add(self, result):
        assert result.image_id not in self
        self[result.image_id] = result


def run(model, images, wanted, compute=FLOAT32, report=None):
    kept = Kept()
    scan(model, images, wanted, compute, kept, report)
    return kept
