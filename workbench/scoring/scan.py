"""The one pass over the pool: every score, prediction and embedding of a request.

The pass plans forwards, not scores: each committee is summed once however many acquisition
functions read it, and committees share the network's passes. No code here reads a mask.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

import torch

from workbench.errors import ConfigError
from workbench.models import fold
from workbench.naming import column
from workbench.rider import columns_of
from workbench.scoring._batch import BatchScan
from workbench.scoring._batches import batches
from workbench.scoring._cuts import Assembler, cuts, for_cuts
from workbench.scoring._memory import fitting
from workbench.scoring._plan import ScanPlan
from workbench.scoring.request import ScanImage, ScanRequest, ScanSink

if TYPE_CHECKING:
    from workbench.compute import ResolvedCompute
    from workbench.models.base import SegmentationModel
    from workbench.rider import Rider


def scan(
    model: SegmentationModel,
    images: Iterable[ScanImage],
    request: ScanRequest,
    compute: ResolvedCompute,
    sink: ScanSink,
    report: Callable[[int], None] | None = None,
    members: Sequence[SegmentationModel] = (),
    riders: Sequence[Rider] = (),
) -> None:
    """Run the network over images and add each image's results to the sink.

    Images are batched by equal size; with the view ``unit`` the units are batched. Batch size and
    order change nothing beyond float tolerance. The network runs in the precision of ``compute``,
    and once more in float32 for scores that need it (:attr:`Score.needs_float32`); softmax, scores
    and sums are float32, unit scores float64.

    Args:
        model: the network; it is not changed, a copy in eval mode runs.
        images: the images, read once, in order; a generator, which may read ahead, is closed at the
            end, whatever ends the scan.
        request: what to compute.
        compute: device and precision; the model is on that device already.
        sink: receives each image's results.
        report: called with the number of images done.
        members: the networks of the ``ensemble`` committee; ``model`` may be one of them.
        riders: networks on the same device, which add maps and columns of their own, from the same
            images at full size.

    Raises:
        ModelError: if a committee needs dropout or networks that are not there.
        ScoreError: if logits, a score or a rider's output is not finite, or one image alone does
            not fit into memory; names the image.
        ShapeError: if a rider returns other maps or numbers than it names.
        ConfigError: if an output of a rider has the name of a score or of another rider's output.
    """
    _check_names(request, riders)
    fast = fold(model)
    reading = closing(images) if isinstance(images, Generator) else nullcontext()
    cut = Assembler(request, riders) if request.view == "unit" else None
    if cut is not None:
        images, request = cuts(images), for_cuts(request)
    others = [fast if member is model else fold(member) for member in members]
    beside = [replace(rider, network=rider.network.folded()) for rider in riders]
    work = BatchScan(fast, ScanPlan.of(request, compute.precision), compute, others, beside)
    done = 0
    # no_grad, not inference_mode: ODIN takes a gradient of its input within the scan
    with torch.no_grad(), reading:
        groups = batches(images, request.batch_size, key=lambda item: item.image.shape)
        for piece, results in fitting(work, groups, request.batch_size, name=lambda i: i.image_id):
            complete = results if cut is None else cut(piece, results)
            for result in complete:
                sink.add(result)
            done += len(complete)
            if report is not None:
                report(done)


def _check_names(request: ScanRequest, riders: Sequence[Rider]) -> None:
    """Check that scores and riders fill different columns."""
    used = {score.name for score in request.scores}
    used |= {column(score.name, aggregation.key) for score, aggregation in request.unit_scores}
    for rider in riders:
        columns = columns_of(rider.maps, rider.numbers)
        for name in columns:
            if name in used:
                raise ConfigError(
                    f"The rider {rider.name} has the output {name}, which is also the name of a "
                    "score or of an output of another rider; leave one of them out."
                )
        used |= set(columns)


__all__ = ["ScanImage", "ScanRequest", "ScanSink", "scan"]
