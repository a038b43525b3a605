"""A dataset card as a part of an experiment's record."""

from __future__ import annotations

from typing import Any

from workbench.types import DatasetCard


def card_to(card: DatasetCard) -> dict[str, Any]:
    """Return a dataset card as JSON-ready values."""
    return {
        "name": card.name,
        "classes": list(card.classes),
        "palette": [list(map(int, colour)) for colour in card.palette],
        "void_id": int(card.void_id),
        "splits": dict(card.splits),
        "source": card.source,
        "image_size": list(map(int, card.image_size)) if card.image_size else None,
    }


def card_from(values: dict[str, Any]) -> DatasetCard:
    """Return a dataset card from its JSON values."""
    size = values["image_size"]
    return DatasetCard(
        name=values["name"],
        classes=tuple(values["classes"]),
        palette=tuple((int(r), int(g), int(b)) for r, g, b in values["palette"]),
        void_id=values["void_id"],
        splits=values["splits"],
        source=values["source"],
        image_size=(int(size[0]), int(size[1])) if size else None,
    )
