"""The content digest of a dataset: what an experiment remembers of the data it rests on.

It covers what ids in masks stand for, and of each split that is used: every image's name, place in
its sequence, size, and size and end of its files; and the whole content of some images, drawn by
their names. The end of a PNG holds a check sum of all its pixels. Masks are read as bytes only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from workbench.errors import quoted, shown

if TYPE_CHECKING:
    from workbench.datasets.base import SegmentationDataset
    from workbench.datasets.survey import Facts, Survey

_SAMPLE = 32
"""Images of a split whose files are read whole, at most."""

_SAMPLE_BYTES = 32 * 1024**2
"""Bytes of a split that are read whole; one image always is."""

_SAMPLE_DRAWN = 4
"""Images of a split without files that are drawn."""

_MOST_NAMED = 2**14
"""Images of a split up to which a file that differs is named."""


def dataset_digest(dataset: SegmentationDataset, seen: Survey) -> dict[str, Any]:
    """Return the content digest of the splits that were looked at.

    Returns:
        JSON-ready: ``sha256`` of all else in it; ``labels``; by split ``images``, their number,
        ``files``, a digest of all, ``each``, four hex digits a file, and ``content``: image id ►
        one digest a file read whole.

    Raises:
        DatasetError: if a file cannot be read.
    """
    found = {
        "labels": _hash(_json(dataset.label_rule())),
        "splits": {
            split: _split_digest(dataset, split, facts) for split, facts in seen.splits.items()
        },
    }
    return {"sha256": _hash(_json(found)), **found}


def difference(stored: Mapping[str, Any], found: Mapping[str, Any], seen: Survey) -> str | None:
    """Return what differs between two digests, as part of a sentence; ``None`` if nothing does.

    Args:
        stored: the digest of the data that an experiment was started on.
        found: the digest of the data that it is to go on with.
        seen: the survey behind ``found``.
    """
    if stored["sha256"] == found["sha256"]:
        return None
    if stored["labels"] != found["labels"]:
        return "its classes or label ids are others"
    for split, facts in seen.splits.items():
        before, now = stored["splits"].get(split), found["splits"][split]
        if before == now:
            continue
        if before is None:
            break
        count = now["images"]
        if before["images"] != count:
            return f"the split {quoted(split, 40)} has {count} images and had {before['images']}"
        return next(_differing(before, now, facts), f"files of {quoted(split, 40)} are others")
    return "it has other splits"


def _split_digest(dataset: SegmentationDataset, split: str, facts: Facts) -> dict[str, Any]:
    each = []
    for key, files in facts.items():
        frame = dataset.frame(split, key)
        place = [key, *dataset.size(split, key), *([frame.sequence, frame.number] if frame else [])]
        each += [_hash(_json([place, file.size, file.tail.hex()])) for file in files]
        each += [] if files else [_hash(_json(place))]
    return {
        "images": len(facts),
        "files": _hash("".join(each).encode()),
        "each": "".join(one[:4] for one in each) if len(facts) <= _MOST_NAMED else "",
        "content": _contents(dataset, split, facts),
    }


def _contents(dataset: SegmentationDataset, split: str, facts: Facts) -> dict[str, list[str]]:
    """Return image id ► a digest of each of its files, or of the image, of a sample of images."""
    found = {}
    for key in _sample(facts):
        contents = [dataset.content(file.path) for file in facts[key]]
        contents = contents or [dataset.read_image(split, key).tobytes()]
        found[key] = [_hash(content)[:16] for content in contents]
    return found


def _sample(facts: Facts) -> list[str]:
    """Draw images by their names: the same ones wherever the dataset lies."""
    drawn = sorted(facts, key=lambda key: _hash(key.encode()))[:_SAMPLE]
    if not any(facts[key] for key in drawn):
        return drawn[:_SAMPLE_DRAWN]
    sums = accumulate(sum(file.size for file in facts[key]) for key in drawn)
    within = [key for key, read in zip(drawn, sums, strict=True) if read <= _SAMPLE_BYTES]
    return within or drawn[:1]


def _differing(before: Mapping[str, Any], now: Mapping[str, Any], facts: Facts) -> Iterator[str]:
    """Yield which files differ, as part of a sentence, as far as the digests tell."""
    at = 0
    for key, files in facts.items():
        for number in range(len(files) or 1):
            both = [digest["each"][at : at + 4] for digest in (before, now)]
            read = [digest["content"].get(key) for digest in (before, now)]
            if both[0] != both[1] or (None not in read and read[0][number] != read[1][number]):
                name = (
                    f"the file {shown(files[number].path, 50)}"
                    if files
                    else f"the image {quoted(key)}"
                )
                yield f"{name} is another"
            at += 4


def _json(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
