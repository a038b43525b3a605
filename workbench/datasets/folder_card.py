"""The card file ``dataset.yaml`` of a folder of the user's images."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from workbench import yaml_text
from workbench.datasets.tree import FileTree
from workbench.errors import ConfigError, DatasetError, quoted, shown, unknown_name
from workbench.types import IGNORE

CARD_FILE = "dataset.yaml"

MOST_LETTERS = 100
"""Most letters of the name of a class, a split or the dataset."""

MOST_IMAGES = 10**9


def _can_be_shown(name: str) -> str:
    if not name.isprintable() or not name.strip():
        raise ValueError("a name holds characters that cannot be shown, or none")
    return name


_Name = Annotated[str, Field(max_length=MOST_LETTERS), AfterValidator(_can_be_shown)]
_Count = Annotated[int, Field(ge=0, le=MOST_IMAGES)]
_Share = Annotated[float, Field(gt=0, le=1, allow_inf_nan=False)]
_Level = Annotated[int, Field(ge=0, le=255)]
_Colour = tuple[_Level, _Level, _Level]


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


class FolderCard(BaseModel):
    """The content of ``dataset.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    classes: tuple[_Name, ...] = Field(min_length=2, max_length=254)
    palette: tuple[_Colour, ...] = Field(max_length=254)
    name: _Name = "folder"
    source: str = Field("a folder of the user's own", max_length=1000)
    masks: Literal["ids", "colours"] = "ids"
    ids: tuple[_Level, ...] = Field((), max_length=254)
    void: Annotated[tuple[_Level, ...], BeforeValidator(_as_list)] = Field(
        (IGNORE,), max_length=256
    )
    void_colours: tuple[_Colour, ...] = Field((), max_length=256)
    splits: dict[_Name, _Count | _Share | _Name | None] = Field(default_factory=dict, max_length=64)
    sequence: str | None = Field(None, max_length=500)
    objects: tuple[_Name, ...] = Field((), max_length=254)

    @property
    def counts(self) -> dict[str, int | None]:
        """Expected numbers of images of splits that have a folder."""
        return {k: v for k, v in self.splits.items() if v is None or isinstance(v, int)}

    @property
    def shares(self) -> dict[str, float]:
        """Shares of one folder's images."""
        return {k: v for k, v in self.splits.items() if isinstance(v, float)}

    @property
    def lists(self) -> dict[str, str]:
        """List files, relative to the card."""
        return {k: v for k, v in self.splits.items() if isinstance(v, str)}

    @model_validator(mode="after")
    def _fits(self) -> FolderCard:
        n = len(self.classes)
        if len(set(self.classes)) < n:
            raise ValueError("classes names a class twice")
        if len(self.palette) != n:
            raise ValueError(f"palette has {len(self.palette)} colours for {n} classes")
        if self.ids and (len(self.ids) != n or len(set(self.ids)) < n):
            raise ValueError(f"ids needs {n} different numbers, one per class")
        both = set(self.ids or range(n)) & set(self.void)
        if both:
            raise ValueError(f"the id {min(both)} is both a class and void")
        if self.masks == "colours":
            colours = [*self.palette, *self.void_colours]
            if len(set(colours)) < len(colours):
                raise ValueError("masks: colours needs every colour of palette and void once")
        unknown = [name for name in self.objects if name not in self.classes]
        if unknown:
            raise ValueError(f"objects names {quoted(unknown[0], 40)}, which is no class")
        self._check_splits()
        if self.sequence is not None:
            _check_pattern(self.sequence)
        return self

    def _check_splits(self) -> None:
        kinds = [kind for kind in (self.counts, self.shares, self.lists) if kind]
        if len(kinds) > 1:
            raise ValueError("splits mixes counts, shares and list files; wanted one of them")
        if sum(self.shares.values()) > 1 + 1e-9:
            raise ValueError("splits needs shares above 0 that add up to 1 at most")
        for name in self.lists.values():
            if Path(name).is_absolute() or ".." in Path(name).parts:
                raise ValueError("splits needs lists inside the dataset's folder, named from it")


def match_names(pattern: str, names: Sequence[str]) -> list[dict[str, str] | None]:
    """Return the groups of a pattern that each whole name matches; ``None`` if it does not.

    The engine is RE2, whose time grows with the name alone, whatever the pattern.

    Raises:
        ValueError: for a pattern that is no regular expression of RE2.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.extract_regex(pa.array(names, pa.string()), rf"\A(?:{pattern})\z")
    groups: list[dict[str, str] | None] = found.to_pylist()
    return groups


def _check_pattern(pattern: str) -> None:
    try:
        match_names(pattern, [""])
    except (ValueError, NotImplementedError) as error:
        if "unnamed groups" not in str(error):
            reason = str(error).removeprefix("Invalid regular expression: ")
            raise ValueError(
                f"sequence is not a regular expression of the RE2 kind ({shown(reason, 60)})"
            ) from None
        raise ValueError("sequence needs groups (?P<sequence>…), (?P<frame>…) or (?:…)") from None
    if "(?P<sequence>" not in pattern:
        raise ValueError("sequence needs a pattern with a group (?P<sequence>…)")


def read_card(tree: FileTree) -> FolderCard:
    """Read the card file of a folder.

    Raises:
        DatasetError: if it is missing, not YAML or invalid; the error names the file and the key.
    """
    path = tree.root / CARD_FILE
    if not os.path.lexists(path):
        raise DatasetError(
            f"There is no card file {shown(path)}; wanted one with at least classes and palette, "
            "as data/README.md#folder shows."
        )
    try:
        values = yaml_text.load(tree.content(path).decode("utf-8-sig"), str(path))
    except UnicodeDecodeError:
        raise DatasetError(f"The card file {shown(path)} is not UTF-8; save it as such.") from None
    except ConfigError as error:
        raise DatasetError(str(error)) from None
    if not isinstance(values, dict):
        raise DatasetError(
            f"The card file {shown(path)} holds {type(values).__name__}; wanted keys and values, "
            "as data/README.md#folder shows."
        )
    try:
        return FolderCard.model_validate(values)
    except ValidationError as error:
        raise DatasetError(_sentence(error, path)) from None


def _sentence(error: ValidationError, path: Path) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    key = shown(".".join(str(step) for step in first["loc"]), 40)
    if first["type"] == "extra_forbidden":
        return f"In {shown(path, 60)}: {unknown_name('key', key, FolderCard.model_fields)}"
    if first["type"] == "missing":
        return f"In {shown(path)}: {key} is missing; data/README.md#folder shows a card."
    message = shown(first["msg"].removeprefix("Value error, "), 110)
    return (
        f"In {shown(path, 80)}: {f'{key}: ' if key else ''}{message}; mend it as "
        "data/README.md#folder shows."
    )
