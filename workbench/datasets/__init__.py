"""Datasets: the registry, and functions that open and check a dataset.

An implementation is a class ``Cls(root, **options)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.datasets._entry import DatasetEntry
from workbench.param import LARGEST_SEED
from workbench.registry import Param, Registry, lazy_exports

if TYPE_CHECKING:
    from workbench.datasets.base import SegmentationDataset
    from workbench.datasets.check import CheckReport, check_dataset
    from workbench.datasets.opening import open_dataset

DATASETS = Registry("dataset", "workbench.datasets", DatasetEntry)

_ROOT = Param("root", "str", None, "folder of the dataset; the data folder's own by default")

_MOST_SCENES = 100_000  # ids of more take minutes to list

DATASETS.add(
    DatasetEntry(
        name="synthetic",
        target="workbench.datasets.synthetic:Synthetic",
        summary="Procedural street scenes in sequences: nothing to download, deterministic.",
        params=(
            Param("train", "int", 240, "images in the pool", 1, _MOST_SCENES),
            Param("val", "int", 60, "images to validate on, all separate scenes", 1, _MOST_SCENES),
            Param("test", "int", 0, "images to test on, all separate scenes", 0, _MOST_SCENES),
            Param("frames", "int", 12, "images per sequence of the pool", 1, _MOST_SCENES),
            Param("redundancy", "float", 0.9, "0: every frame new, 1: nearly alike", low=0, high=1),
            Param("height", "int", 96, "image height in pixels", low=24, high=1024),
            Param("width", "int", 128, "image width in pixels", low=32, high=2048),
            Param("seed", "int", 0, "the same seed draws the same scenes", 0, LARGEST_SEED),
        ),
        source="this project",
    ),
    DatasetEntry(
        name="camvid",
        target="workbench.datasets.camvid:CamVid",
        summary="CamVid road scenes, 11 classes, 360×480, in the SegNet release's layout.",
        params=(_ROOT,),
        source="Brostow, Fauqueur, Cipolla: Semantic object classes in video, PRL 2009",
        needs_root=True,
    ),
    DatasetEntry(
        name="pascal_voc",
        target="workbench.datasets.pascal_voc:PascalVoc",
        summary="PASCAL VOC 2012, 21 classes; 10,582 training images with those of SBD.",
        params=(
            _ROOT,
            Param("sbd", "bool", True, "the pool has the images that SBD adds to VOC's 1,464"),
        ),
        source="Everingham et al., IJCV 2015; Hariharan et al., ICCV 2011",
        needs_root=True,
    ),
    DatasetEntry(
        name="isic",
        target="workbench.datasets.isic:Isic",
        summary="ISIC 2017 part 1: skin lesions in dermoscopic images of many sizes.",
        params=(_ROOT,),
        source="Codella et al., ISBI 2018",
        needs_root=True,
    ),
    DatasetEntry(
        name="glas",
        target="workbench.datasets.glas:Glas",
        summary="GlaS (Warwick-QU): glands in colon histology; test parts A and B apart.",
        params=(
            _ROOT,
            Param(
                "held_out_every",
                "int",
                5,
                "each training image whose number this divides is held out as val; 0: none",
                0,
                85,
            ),
        ),
        source="Sirinukunwattana et al., Medical Image Analysis 2017",
        needs_root=True,
    ),
    DatasetEntry(
        name="cityscapes",
        target="workbench.datasets.cityscapes:Cityscapes",
        summary="Cityscapes street scenes, 19 classes, 1024×2048, with the annotators' polygons.",
        params=(_ROOT,),
        source="Cordts et al., The Cityscapes Dataset for Semantic Urban Scene Understanding, "
        "CVPR 2016",
        needs_root=True,
    ),
    DatasetEntry(
        name="a2d2",
        target="workbench.datasets.a2d2:A2d2",
        summary="A2D2 driving scenes in 22 + 1 recordings, 19 classes, 1208×1920, redundant.",
        params=(
            _ROOT,
            Param(
                "classes",
                "str",
                "cityscapes",
                "what the 38 categories become: the 19 classes of Cityscapes, or those of the code "
                "that Mittal et al. released",
                choices=("cityscapes", "released"),
            ),
        ),
        source="Geyer et al., A2D2: Audi Autonomous Driving Dataset, 2020",
        needs_root=True,
    ),
    DatasetEntry(
        name="bdd100k",
        target="workbench.datasets.bdd100k:Bdd100k",
        summary="BDD100K driving scenes, the 10,000 with segmentation, 19 classes, 720×1280.",
        params=(_ROOT,),
        source="Yu et al., BDD100K: A Diverse Driving Dataset for Heterogeneous Multitask "
        "Learning, CVPR 2020",
        needs_root=True,
    ),
    DatasetEntry(
        name="folder",
        target="workbench.datasets.folder:Folder",
        summary="Your own images: images/, masks/ and a card file dataset.yaml.",
        params=(_ROOT,),
        source="data/README.md#folder",
        needs_root=True,
    ),
    DatasetEntry(
        name="table",
        target="workbench.datasets.table:Table",
        summary="Your images in Parquet files or a saved Hugging Face dataset, and a card file.",
        params=(
            _ROOT,
            Param("image", "str", "image", "the column of the images"),
            Param("mask", "str", "mask", "the column of the masks"),
        ),
        source="data/README.md#table",
        needs_root=True,
    ),
)

_EXPORTS = {
    "SegmentationDataset": "workbench.datasets.base:SegmentationDataset",
    "CheckReport": "workbench.datasets.check:CheckReport",
    "check_dataset": "workbench.datasets.check:check_dataset",
    "open_dataset": "workbench.datasets.opening:open_dataset",
}
__getattr__, _ = lazy_exports(__name__, _EXPORTS)

__all__ = [
    "DATASETS",
    "CheckReport",
    "DatasetEntry",
    "SegmentationDataset",
    "check_dataset",
    "open_dataset",
]
