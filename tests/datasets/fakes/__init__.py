"""Tiny made-up copies of datasets in the layout that their releases document.

Each module has ``make(root, *, images=4, size=(24, 32), seed=0)``: it writes the dataset's folder
at ``root``, with that many images in the pool and some in every other split, and returns it. Sizes
are (H, W); where the images of a release have many sizes, ``size`` is the largest. The modules are
written from what each release documents and import nothing of the readers.
"""

from tests.datasets.fakes import (
    a2d2,
    bdd100k,
    camvid,
    cityscapes,
    folder,
    glas,
    isic,
    pascal_voc,
    table,
)

FAKES = {
    "camvid": camvid.make,
    "pascal_voc": pascal_voc.make,
    "isic": isic.make,
    "glas": glas.make,
    "cityscapes": cityscapes.make,
    "a2d2": a2d2.make,
    "bdd100k": bdd100k.make,
    "folder": folder.make,
    "table": table.make,
}
"""Registered name ► what writes its fake copy."""
