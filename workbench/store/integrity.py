"""Compares what a store holds with the sizes and digests in its records, byte by byte."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.errors import StoreError
from workbench.store import files, layout, schema

_KINDS = {
    layout.EXPERIMENT: "experiment",
    layout.SELECTION: "selection",
    layout.LABELS: "labels",
    layout.UNTRAINED: "untrained embeddings",
}


@dataclass(frozen=True)
class Damage:
    """A file that is not what its record says.

    Attributes:
        path: the file.
        found: what is wrong with it, as the rest of a sentence, e.g. ``"is gone"``.
    """

    path: Path
    found: str


def damages_of(folder: Path, manifest: str = layout.CYCLE) -> list[Damage]:
    """Read every byte of a published folder and compare it with its manifest.

    Files that the manifest does not list are no damage.

    Args:
        folder: the folder; a supplement's, too, but supplements inside it are not looked at.
        manifest: the file name of its manifest.

    Returns:
        The manifest itself if it cannot be read, otherwise every listed file that is gone or has
        other bytes; empty if everything is as it was published.
    """
    path = folder / manifest
    try:
        listed = listed_files(schema.read(path, _kind(path)), path)
    except FileNotFoundError:
        return [Damage(path, "is gone")]
    except StoreError as error:
        return [damage_by(error, path)]
    return list(_differences(folder, listed))


def damage_by(error: StoreError, path: Path) -> Damage:
    """Return the damage that an error tells of, without the file's name and the advice."""
    found = str(error).removeprefix(f"{files.shown(path)} ")
    return Damage(path, found.removesuffix(f"; {schema.REPAIR}."))


def listed_files(values: Mapping[str, Any], path: Path) -> dict[str, dict[str, Any]]:
    """Return the files that a manifest lists: name ► ``size`` in bytes and ``sha256``.

    Args:
        values: the manifest.
        path: its file, for the error.

    Raises:
        StoreError: if it lists none, or something else than sizes and digests.
    """
    listed = values.get("files")
    good = isinstance(listed, dict) and all(
        isinstance(facts, dict)
        and type(facts.get("size")) is int
        and isinstance(facts.get("sha256"), str)
        and not Path(name).is_absolute()
        and ".." not in Path(name).parts
        for name, facts in listed.items()
    )
    if not good:
        raise schema.damaged(path, "does not list its files with sizes and digests")
    return dict(listed or {})


def _kind(path: Path) -> str:
    if path.name == layout.CYCLE:
        return "supplement" if path.parent.parent.name == layout.SUPPLEMENTS else "cycle"
    return _KINDS[path.name]


def _differences(folder: Path, listed: Mapping[str, Mapping[str, Any]]) -> Iterator[Damage]:
    for name, facts in listed.items():
        path = folder / name
        try:
            found = files.digest_of(path, facts["size"])
        except FileNotFoundError:
            yield Damage(path, "is gone")
        except OSError as error:
            yield Damage(path, f"cannot be read ({error.strerror})")
        else:
            if found != facts["sha256"]:
                yield Damage(path, "has other content than its digest says")
