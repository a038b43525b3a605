"""The section ``scaled`` of a config: that an experiment is a smaller form of a preset."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from workbench.budget import Section
from workbench.fields import Name, Text

MOST_CHANGES = 500


class Scaled(Section):
    """What makes an experiment a smaller form of another one; ``--scale`` writes it.

    It changes nothing of what is computed: that stands in the other sections.
    """

    to: Name = Field(description="The scale, e.g. laptop")
    of: Name = Field(description="The preset or experiment whose smaller form it is")
    changes: Annotated[tuple[Text, ...], Field(max_length=MOST_CHANGES)] = Field(
        (), description="Each setting that differs from it, as `path: there ► here`"
    )

    @property
    def sentence(self) -> str:
        """What it is, in a sentence without the changes."""
        return (
            f"Scaled to a {self.to}: not {self.of} as published, {len(self.changes)} settings "
            "differ."
        )
