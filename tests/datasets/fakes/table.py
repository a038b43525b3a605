"""A table of images and masks: Parquet files as Arrow writes them, or a saved Hugging Face dataset.

Columns ``image`` and ``mask`` as bytes, paths, or structs of both; ``split``, ``id``, ``sequence``
and ``frame``; a card file with classes and palette.
"""

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from tests.datasets.fakes.draw import ellipse, photo
from tests.datasets.makers import CARD


def make(root: Path, *, images: int = 4, size=(24, 32), seed: int = 0, cells="bytes") -> Path:
    """Write one Parquet file of two row groups, with ``cells`` of bytes, paths or structs."""
    root.mkdir(parents=True, exist_ok=True)
    rows = [_cells(row, cells, root) for row in _rows(images, size, seed)]
    pq.write_table(pa.Table.from_pylist(rows), root / "streets.parquet", row_group_size=4)
    (root / "dataset.yaml").write_text(CARD, encoding="utf-8")
    return root


def make_saved(root: Path, *, images: int = 4, size=(24, 32), seed: int = 0) -> Path:
    """Write the same rows as the library ``datasets`` saves them, a split a folder."""
    import datasets

    rows = _rows(images, size, seed)
    splits = {}
    for split in ("train", "val"):
        table = [
            {k: v for k, v in row.items() if k != "split"} for row in rows if row["split"] == split
        ]
        encoded = datasets.Dataset.from_list([_cells(row, "struct", root) for row in table])
        for name in ("image", "mask"):
            encoded = encoded.cast_column(name, datasets.Image())
        splits[split] = encoded
    datasets.DatasetDict(splits).save_to_disk(root)
    (root / "dataset.yaml").write_text(CARD, encoding="utf-8")
    return root


def _rows(images, size, seed):
    """Return the rows, those of val first, with images as arrays."""
    rng = np.random.default_rng(seed)
    splits = ["val"] * max(images // 2, 1) + ["train"] * images
    found = []
    for number, split in enumerate(splits):
        inside = ellipse(size, rng)
        ids = np.where(inside, 1 + number % 2, 0).astype(np.uint8)
        ids[0, :3] = 255
        place = {"sequence": f"drive{number % 2}", "frame": number}
        image = {"image": photo(inside, rng), "mask": ids}
        found.append({**image, "split": split, "id": f"{split}_{number:03d}", **place})
    return found


def _cells(row, kind, root):
    """Return a row whose images are encoded as a kind of cells."""
    found = dict(row)
    for name in ("image", "mask"):
        file = io.BytesIO()
        Image.fromarray(row[name]).save(file, "PNG")
        path = f"{name}s/{row['id']}.png"
        if kind == "path":
            (root / path).parent.mkdir(exist_ok=True)
            (root / path).write_bytes(file.getvalue())
        content = file.getvalue()
        kinds = {"bytes": content, "path": path, "struct": {"bytes": content, "path": None}}
        found[name] = kinds[kind]
    return found
