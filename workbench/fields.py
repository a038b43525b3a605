"""Types of the schema's fields: texts, names and whole numbers with their bounds."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from workbench.param import LARGEST_SEED, LARGEST_SIDE
from workbench.texts import NAME_WORDS, control_character, is_name


def _printable(text: str) -> str:
    if character := control_character(text):
        raise ValueError(f"it holds the character U+{ord(character):04X}; leave it out")
    return text


def _name(text: str) -> str:
    if not is_name(text):
        raise ValueError(NAME_WORDS)
    return text


Text = Annotated[str, AfterValidator(_printable)]
Name = Annotated[str, AfterValidator(_name)]
"""The name of an experiment or a method, which names a folder."""

SpecText = Annotated[Text, Field(max_length=500)]
"""A registered name with its settings in one text, e.g. ``grid:4x4``."""

Split = Annotated[Text, Field(min_length=1, max_length=100)]
Device = Annotated[Text, Field(max_length=20)]
Seed = Annotated[int, Field(ge=0, le=LARGEST_SEED)]
Side = Annotated[int, Field(ge=1, le=LARGEST_SIDE)]
"""A height or width in pixels."""
