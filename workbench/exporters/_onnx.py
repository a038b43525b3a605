"""Networks of cycles as ONNX files, each compared with torch before it is published.

The graph takes uint8 RGB images (B, H, W, 3) as they are read from a file and gives float32 logits
(B, C, H, W): normalisation, padding and the crop back are inside. B is free. H and W are free where
the network can be traced so, which is tried first and tested at two sizes; otherwise they are those
of the experiment's first image, and the note and the file's metadata say it.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime
import torch

from workbench.errors import StoreError, shown
from workbench.exporters._entry import Chosen, Exported
from workbench.exporters._onnx_graph import WithPreprocessing, plain_copy
from workbench.models import MODELS, build, load_weights
from workbench.store import files

if TYPE_CHECKING:
    import onnx

    from workbench.store import Cycle, Run
    from workbench.types import DatasetCard

_OUT = "--out"
TOLERANCE = 1e-4
"""Largest difference of a logit from torch's, as a share of the largest logit (float32 both)."""


def export(chosen: Chosen, out: Path, *, cycle: int | None) -> Exported:
    """Write ``EXPERIMENT/METHOD-sSEED-cycle-NNNN.onnx`` for every run that kept its weights.

    Args:
        chosen: the runs.
        out: the folder.
        cycle: whose network; ``None``: that of the last published cycle.

    Raises:
        StoreError: if no run holds such weights, a graph differs from torch, or writing fails.
    """
    paths, notes = [], []
    for run in chosen.runs:
        found = _cycle_of(run, cycle)
        if isinstance(found, str):
            notes.append(found)
            continue
        path = out / run.experiment.id / f"{run.path.name}-cycle-{found.number:04d}.onnx"
        files.make_folder(path.parent, _OUT)
        data, note = _exported(run, found)
        files.write_bytes(path, data, option=_OUT)
        paths.append(path)
        notes.append(f"{path.name}: {note}")
    if not paths:
        raise StoreError(notes[0] if notes else "There is no run to export a network of.")
    return Exported(tuple(paths), tuple(notes))


def _cycle_of(run: Run, number: int | None) -> Cycle | str:
    """Return the cycle, or a sentence on why the run has no network to export."""
    numbers = run.cycle_numbers
    if not numbers:
        return f"{run.id} has no cycle yet: there is no network to export."
    wanted = numbers[-1] if number is None else number
    if wanted not in numbers:
        return f"{run.id} has no cycle {wanted}; published so far: {', '.join(map(str, numbers))}."
    found = run.cycle(wanted)
    if found.weights is None:
        return (
            f"Cycle {wanted} of {run.id} kept no weights; export a cycle that did, or run the "
            "experiment with keep.weights: all in another --store."
        )
    return found


def _exported(run: Run, cycle: Cycle) -> tuple[bytes, str]:
    network = _network(run, cycle)
    height, width = run.experiment.geometry.images.size(0)
    generator = np.random.default_rng(0)
    shapes = [(1, height, width, 3), (2, height // 2 + 9, width // 2 + 7, 3)]
    images = [generator.integers(0, 256, shape, dtype=np.uint8) for shape in shapes]
    about = _about(run, cycle)
    reason: Exception | None = None
    for free, checked in ((True, images), (False, images[:1])):
        size = "any size" if free else f"{width}×{height} pixels only"
        try:
            with _quiet():
                model = _traced(WithPreprocessing(network, free=free), (height, width), free=free)
                data = _with_metadata(model, {**about, "image_size": size})
                worst = max(_difference(data, network, batch) for batch in checked)
        except _FAILURES as error:
            reason = error
            continue
        if worst <= TOLERANCE:
            text = f"images of {size}; logits differ from torch's by at most {worst:.1e} of the"
            return data, f"{text} largest."
        reason = StoreError(f"its logits differ by {worst:.1e} of the largest")
    sentence = shown(str(reason).strip().partition("\n")[0], 120)
    raise StoreError(
        f"The network {run.experiment.config.model.name} of {run.id} cannot be exported as ONNX "
        f"({sentence}); nothing was written for it."
    )


_FAILURES = (RuntimeError, TypeError, ValueError, NotImplementedError, torch.onnx.OnnxExporterError)
"""What tracing, conversion and onnxruntime raise for a network that they cannot handle."""


def _network(run: Run, cycle: Cycle) -> Any:
    config, part = run.experiment.config, run.method.model
    component = config.model if part is None else part.of(config.model)
    bound = MODELS.bind(component.spec)
    if "weights" in bound.options:  # all weights come from the cycle: nothing is downloaded
        bound = bound.entry.bind({**bound.options, "weights": "none"})
    assert cycle.weights is not None
    network = build(bound, len(run.experiment.card.classes), seed=0)
    return plain_copy(load_weights(network, cycle.weights))


def _traced(network: torch.nn.Module, size: tuple[int, int], *, free: bool) -> Any:
    example = torch.zeros((2, *size, 3), dtype=torch.uint8)  # one of a kind would be a constant
    dynamic = torch.export.Dim.DYNAMIC
    axes = {0: dynamic, 1: dynamic, 2: dynamic} if free else {0: dynamic}
    program = torch.onnx.export(
        network,
        (example,),
        dynamo=True,
        input_names=["images"],
        output_names=["logits"],
        dynamic_shapes=(axes,),
        verbose=False,
    )
    assert program is not None
    return program.model_proto


def _with_metadata(model: onnx.ModelProto, about: dict[str, str]) -> bytes:
    for key, value in about.items():
        model.metadata_props.add(key=key, value=value)
    return bytes(model.SerializeToString())


def _about(run: Run, cycle: Cycle) -> dict[str, str]:
    card: DatasetCard = run.experiment.card
    return {
        "run": run.id,
        "cycle": str(cycle.number),
        "weights_sha256": cycle.networks[cycle.scan].sha256,
        "classes": json.dumps(card.classes, ensure_ascii=False),
        "palette": json.dumps(card.palette),
        "input": "images: uint8 RGB (B, H, W, 3); normalisation and padding are in the graph",
        "output": "logits: float32 (B, C, H, W); the class is the largest along C",
    }


def _difference(data: bytes, network: Any, images: np.ndarray[Any, Any]) -> float:
    """Return the largest difference of a logit from torch's, as a share of the largest."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # what fails is raised
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"images": images})
    with torch.no_grad():
        expected = network(network.normalise(torch.from_numpy(images))).numpy()
    if found.shape != expected.shape:
        return float("inf")
    return float(np.abs(found - expected).max() / max(np.abs(expected).max(), 1e-12))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep what the exporter prints and warns of from the user: its errors are raised."""
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
