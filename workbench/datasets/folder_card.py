"""The card file ``dataset.yaml`` of a folder of the user's images."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from workbench.errors import DatasetError, unknown_name
from workbench.types import IGNORE

CARD_FILE = "dataset.yaml"

_Level = Annotated[int, Field(ge=0, le=255)]
_Colour = tuple[_Level, _Level, _Level]


def _as_list(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else [value]


class FolderCard(BaseModel):
    """The content of ``dataset.yaml``."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    classes: tuple[str, ...] = Field(min_length=2, max_length=254)
    palette: tuple[_Colour, ...]
    name: str = "folder"
    source: str = "a folder of the user's own"
    masks: Literal["ids", "colours"] = "ids"
    ids: tuple[_Level, ...] = ()
    void: Annotated[tuple[_Level, ...], BeforeValidator(_as_list)] = (IGNORE,)
    void_colours: tuple[_Colour, ...] = ()
    splits: dict[str, int | float | str | None] = Field(default_factory=dict)
    sequence: str | None = None

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
        self._check_splits()
        if self.sequence is not None:
            _check_pattern(self.sequence)
        return self

    def _check_splits(self) -> None:
        kinds = [kind for kind in (self.counts, self.shares, self.lists) if kind]
        if len(kinds) > 1:
            raise ValueError("splits mixes counts, shares and list files; wanted one of them")
        shares = self.shares.values()
        if any(share <= 0 for share in shares) or sum(shares) > 1 + 1e-9:
            raise ValueError("splits needs shares above 0 that add up to 1 at most")


def _check_pattern(pattern: str) -> None:
    try:
        groups = re.compile(pattern).groupindex
    except re.error as error:
        raise ValueError(f"sequence is not a regular expression ({error})") from None
    if "sequence" not in groups:
        raise ValueError("sequence needs a pattern with a group (?P<sequence>…)")


def read_card(root: Path) -> FolderCard:
    """Read the card file of a folder.

    Raises:
        DatasetError: if it is missing, not YAML or invalid; the error names the file and the key.
    """
    path = root / CARD_FILE
    if not path.is_file():
        raise DatasetError(
            f"There is no card file {path}; wanted one with at least classes and palette, as "
            "data/README.md#folder shows."
        )
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"The card file {path} cannot be read: {error}.") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise DatasetError(f"The card file {path} is not valid YAML{where}; mend it.") from None
    if not isinstance(values, dict):
        raise DatasetError(
            f"The card file {path} holds {type(values).__name__}; wanted keys and values, as "
            "data/README.md#folder shows."
        )
    try:
        return FolderCard.model_validate(values)
    except ValidationError as error:
        raise DatasetError(_sentence(error, path)) from None


def _sentence(error: ValidationError, path: Path) -> str:
    first = error.errors()[0]
    key = ".".join(str(step) for step in first["loc"])
    if first["type"] == "extra_forbidden":
        return f"In {path}: {unknown_name('key', key, FolderCard.model_fields)}"
    if first["type"] == "missing":
        return f"In {path}: {key} is missing; data/README.md#folder shows a card."
    message = first["msg"].removeprefix("Value error, ")
    return (
        f"In {path}: {f'{key}: ' if key else ''}{message}; mend it as data/README.md#folder shows."
    )
