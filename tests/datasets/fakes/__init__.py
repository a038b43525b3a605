"""Tiny made-up copies of datasets in the layout that their releases document.

Each module has ``make(root, *, images=4, size=(24, 32), seed=0)``: it writes the dataset's folder
at ``root``, with that many images in the pool and some in every other split, and returns it. Sizes
are (H, W); where the images of a release have many sizes, ``size`` is the largest. The modules are
written from what each release documents and import nothing of the readers.
"""

from tests.datasets.fakes import camvid, folder, glas, isic, pascal_voc, table

FAKES = {
    "camvid": camvid.make,
    "pascal_voc": pascal_voc.make,
    "isic": isic.make,
    "glas": glas.make,
    "folder": folder.make,
    "table": table.make,
}
"""Registered name ► what writes its fake copy."""
