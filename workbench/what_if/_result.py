"""The query that another method would have made, with everything that it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.naming import rider_column
from workbench.types import UnitIds, states_and_ranks
from workbench.units.outlines import Rings
from workbench.what_if._change import Change


@dataclass(frozen=True)
class WhatIfQuery:
    """What decides a query, with everything that was left out filled in.

    Attributes:
        run: id of the run.
        cycle: its cycle.
        score: canonical name; ``None`` where the method ranks by none.
        aggregation: its key.
        units: key of the query units.
        selector: its key.
        k: number of units to pick; ``None``: what one query of the experiment's budget holds.
        seed: seed of the selector's draws.
        pool_filter: key of the filter of units that may be picked; ``None``: all of them.
    """

    run: str
    cycle: int
    score: str | None
    aggregation: str
    units: str
    selector: str
    k: int | None
    seed: int
    pool_filter: str | None = None

    @property
    def ranked_by(self) -> str:
        """What the units are ranked by, in words; empty where the method ranks by no score."""
        if self.score is None:
            return ""
        return self.score if rider_column(self.score) else f"{self.score}/{self.aggregation}"


@dataclass(frozen=True, eq=False, repr=False)
class WhatIf:
    """The query that another method would have made; it can stand wherever ids can.

    ``len``, iteration, indexing, ``in``, ``==`` (unit by unit, as arrays do) and ``np.asarray`` are
    those of :attr:`ids`.

    Attributes:
        ids: (k,) int64 unit ids in the order picked. In units other than the experiment's they
            name units of that division, as an experiment with it would.
        query: what decided it.
        units: one row per candidate, ascending by id: ``unit_id``, ``image_id``, ``y0``, ``x0``,
            ``y1``, ``x1``, ``sequence``, ``frame``, ``area`` (pixels not labelled yet), ``score``
            (NaN where the method has none).
        labelled: units that hold labelled pixels, in the columns of ``units`` but ``score``.
        approximate: a sentence for each way in which the cache was coarser than the engine; empty
            if the engine would have chosen exactly this.
        notes: sentences on anything else of note.
        overlap: whether units may overlap; pictures then show only those that are marked.
    """

    ids: UnitIds
    query: WhatIfQuery
    units: pd.DataFrame
    labelled: pd.DataFrame
    approximate: tuple[str, ...]
    notes: tuple[str, ...]
    _compare: Callable[[], Change] = field()
    _outlines: Callable[[UnitIds], list[Rings] | None] = field()
    overlap: bool = False

    def __post_init__(self) -> None:
        self.ids.setflags(write=False)

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[int]:
        return iter(self.ids.tolist())

    def __getitem__(self, key: Any) -> Any:
        return self.ids[key]

    def __contains__(self, unit_id: object) -> bool:
        return bool(np.any(self.ids == unit_id))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[Any]:
        return np.array(self.ids, dtype=dtype, copy=copy)

    def __eq__(self, other: object) -> Any:
        return self.ids == np.asarray(other)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        query = self.query
        parts = [query.selector, query.ranked_by, query.units]
        exact = "" if self.approximate else ", exact"
        return f"WhatIf({', '.join(filter(None, parts))}: {len(self)} units{exact}; {self.ids})"

    @property
    def shape(self) -> tuple[int, ...]:
        """``(k,)``."""
        return self.ids.shape

    @property
    def dtype(self) -> np.dtype[np.int64]:
        """int64."""
        return self.ids.dtype

    def tolist(self) -> list[int]:
        """Return the ids as a list, in the order picked."""
        return list(self)

    @property
    def unit_scores(self) -> pd.Series:
        """(U,) float64 unit scores of the candidates, by unit id; NaN where the method has none."""
        return self.units.set_index("unit_id")["score"]

    @property
    def selection(self) -> pd.DataFrame:
        """The units that were picked: ``rank`` (from 0), then the columns of ``units``."""
        picked = self.units.set_index("unit_id").loc[self.ids].reset_index()
        picked.insert(0, "rank", np.arange(len(picked)))
        return picked

    @cached_property
    def change(self) -> Change:
        """What changed against the query that was made; computed at first use."""
        return self._compare()

    def units_of(self, image_id: str) -> pd.DataFrame:
        """Return an image's units as the viewer draws them.

        Columns: ``unit_id``, ``y0``, ``x0``, ``y1``, ``x1``, ``state`` (``unlabelled``,
        ``labelled``, ``selected``), ``rank`` (−1 where not selected) and ``score``. A unit that is
        labelled in part is ``labelled`` unless it is selected. Where units are not rectangles there
        is an ``outline`` too.
        """
        mine = pd.concat(
            [
                self.labelled[self.labelled["image_id"] == image_id],
                self.units[self.units["image_id"] == image_id],
            ]
        )
        mine = mine.drop_duplicates("unit_id", keep="last").sort_values("unit_id")
        ids = mine["unit_id"].to_numpy()
        state, rank = states_and_ranks(ids, self.labelled["unit_id"].to_numpy(), self.ids)
        columns = ["unit_id", "y0", "x0", "y1", "x1", "state", "rank", "score"]
        table = mine.assign(state=state, rank=rank)[columns].reset_index(drop=True)
        if self.overlap:
            return table[table["state"] != "unlabelled"].reset_index(drop=True)
        rings = self._outlines(ids) if len(ids) else None
        return table if rings is None else table.assign(outline=pd.Series(rings, dtype=object))
