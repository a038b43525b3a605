"""Export formats: what other programs read of a store.

An entry's implementation is called as ``(chosen, out, **settings) -> Exported`` with the runs that
were chosen and the folder to write into. It writes every file aside and renames it, so that an
interruption leaves no half file, and says in its entry what happens to what is there already.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from workbench.exporters._entry import Chosen, Exported, ExporterEntry
from workbench.registry import Bound, Param, Registry

if TYPE_CHECKING:
    from workbench.store import Run, Store

EXPORTERS = Registry("export format", "workbench.exporters", ExporterEntry)

_IMAGES = Param("images", "int", 3, "images of each run that are drawn", low=0, high=100)

EXPORTERS.add(
    ExporterEntry(
        "csv",
        "workbench.exporters._csv:export",
        "Metrics, selections, report points, references as sorted tables, to compare by bytes.",
        params=(
            Param("analysis", "bool", False, "whether analysis.csv is written, which takes time"),
        ),
        source="RFC 4180",
        writes="metrics.csv, selections.csv …; files of these names are replaced",
    ),
    ExporterEntry(
        "tensorboard",
        "workbench.exporters._tensorboard:export",
        "Event files: metrics and pictures by cycle, losses and rates by epoch.",
        params=(_IMAGES,),
        source="TensorBoard",
        writes="EXPERIMENT/METHOD-sSEED/events.out.tfevents…, a file a run, which is replaced",
        modules=("tensorboard",),
        extra="tensorboard",
    ),
    ExporterEntry(
        "mlflow",
        "workbench.exporters._mlflow:export",
        "Runs with parameters, metrics by cycle, tags and artifacts in a local MLflow store.",
        params=(_IMAGES,),
        source="MLflow",
        writes="mlflow.db and artifacts/; runs are added, those that have grown are replaced",
        modules=("mlflow", "sqlalchemy", "alembic"),
        extra="mlflow",
    ),
    ExporterEntry(
        "coco",
        "workbench.exporters._coco:export",
        "Queried units with score, rank and cycle, and predictions of a cycle, masks as RLE.",
        params=(
            Param(
                "cycle",
                "int",
                None,
                "whose predictions; left out: those of the last one",
                low=0,
                high=9999,
                optional=True,
            ),
            Param("ending", "str", ".png", "what follows an image id in the name of its file"),
        ),
        source="Lin et al. 2014, Microsoft COCO; pycocotools",
        writes="EXPERIMENT/METHOD-sSEED-selections.json, …-predictions-cycle-NNNN.json; replaced",
        modules=("pycocotools",),
        extra="coco",
    ),
    ExporterEntry(
        "onnx",
        "workbench.exporters._onnx:export",
        "The network of a cycle from uint8 images to logits, compared with torch's answer.",
        params=(
            Param(
                "cycle",
                "int",
                None,
                "whose network; left out: of the last one",
                low=0,
                high=9999,
                optional=True,
            ),
        ),
        source="ONNX; torch.onnx",
        writes="EXPERIMENT/METHOD-sSEED-cycle-NNNN.onnx, which is replaced",
        modules=("onnx", "onnxscript", "onnxruntime"),
        extra="onnx",
    ),
)


def export(bound: Bound[ExporterEntry], store: Store, runs: list[Run], out: Path) -> Exported:
    """Export some runs of a store.

    Args:
        bound: the format with its settings.
        store: the store.
        runs: the runs.
        out: the folder, made if it is not there.

    Raises:
        ConfigError: if the libraries of this format are not installed.
        StoreError: if nothing can be written there, or nothing of these runs can be exported.
    """
    bound.entry.require_installed()
    found: Exported = bound.call(Chosen(store, tuple(runs)), out)
    return found


__all__ = ["EXPORTERS", "Chosen", "Exported", "ExporterEntry", "export"]
