"""The image route: small pictures of a pool's images, for galleries that load as one scrolls.

An address names an experiment and an image id, and both are looked up in the store's catalogue; no
part of an address ever becomes a path. A picture never changes under its address (an experiment's
id covers its dataset), so browsers may keep it.
"""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from dashboard import places
from workbench.datasets import open_dataset
from workbench.errors import WorkbenchError
from workbench.store import open_store

if TYPE_CHECKING:
    from starlette.requests import Request

    from workbench.datasets.base import SegmentationDataset

PREFIX = "/pool-images"
WIDTHS = (120, 240, 480)
"""Longest sides in pixels that are served; a bound on what the cache can hold."""

_KEEP = "private, max-age=86400, immutable"


def routes() -> list[Route]:
    """Return what stands beside Streamlit's own routes."""
    return [Route(PREFIX + "/{address:path}", _picture)]


def address(experiment_id: str, image_id: str, width: int = WIDTHS[0]) -> str:
    """Return the address of a small picture of an image of an experiment's pool."""
    return f"{PREFIX}/{width}/{quote(experiment_id)}/{quote(image_id)}"


def _picture(request: Request) -> Response:
    try:
        width, experiment_id, image_id = request.path_params["address"].split("/", 2)
        if width not in map(str, WIDTHS):
            raise KeyError(width)
        content = _encoded(places.store_path(), experiment_id, image_id, int(width))
    except (WorkbenchError, KeyError, ValueError, OSError):  # whatever an address may hold
        sentence = "There is no such image in this store, or it cannot be read."
        return PlainTextResponse(sentence, 404, {"Cache-Control": "no-store"})
    return Response(content, media_type="image/webp", headers={"Cache-Control": _KEEP})


@lru_cache(maxsize=2048)
def _encoded(store: Path, experiment_id: str, image_id: str, width: int) -> bytes:
    from PIL import Image

    opened, image_ids = dataset(store, experiment_id)
    if image_id not in image_ids:
        raise KeyError(image_id)
    picture = Image.fromarray(opened.read_image("train", image_id))
    picture.thumbnail((width, width))
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=80)
    return buffer.getvalue()


@lru_cache(maxsize=2)
def dataset(store: Path, experiment_id: str) -> tuple[SegmentationDataset, frozenset[str]]:
    """Open an experiment's dataset; return it with the ids of its pool's images.

    Read it with ``read_image`` and ``read_mask``: the cache behind ``image`` and ``mask`` is made
    for training and drops nothing.

    Raises:
        StoreError: if there is no such experiment.
        DatasetError: if the dataset is gone.
    """
    record = open_store(store).experiment(experiment_id)
    opened = open_dataset(record.config.dataset, record.data_dir, record.config.pool)
    return opened, frozenset(record.geometry.image_ids)
