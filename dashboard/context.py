"""What all panes of a page look at, in one row under its title.

Experiment, methods, seed, cycle and the chosen image or unit mean the same on every page, stand in
the address in full, and go along from page to page.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape

import streamlit as st

from dashboard import address, controls, loaders
from dashboard.text import plain
from workbench.errors import PoolError
from workbench.figures._runs import methods_of, run_title
from workbench.figures._style import THEMES, styles
from workbench.store import ExperimentRecord, Run
from workbench.types import local_numbers

_STEP_S = 1.2
"""Time between two cycles when they are played."""


@dataclass(frozen=True)
class Context:
    """What is looked at.

    Attributes:
        record: the experiment.
        runs: its runs with a published cycle, in order.
        methods: the chosen methods.
        seed: the chosen seed; ``None`` without a published cycle.
        cycle: the chosen cycle; likewise.
        image: the chosen image, if any.
        unit: the chosen unit, which lies in it, if any.
    """

    record: ExperimentRecord
    runs: list[Run]
    methods: list[str]
    seed: int | None
    cycle: int | None
    image: str | None
    unit: int | None

    @property
    def chosen(self) -> list[Run]:
        """The runs of the chosen methods, every seed."""
        return [run for run in self.runs if run.method.name in self.methods]

    @property
    def seeded(self) -> list[Run]:
        """The runs of the chosen methods with the chosen seed."""
        return [run for run in self.chosen if run.seed == self.seed]

    @property
    def here(self) -> list[Run]:
        """Those of them that have published the chosen cycle."""
        return [run for run in self.seeded if self.cycle in run.cycle_numbers]

    @cached_property
    def colours(self) -> dict[str, str]:
        """Method ► its colour in every figure."""
        return colours(self.runs)

    def require_runs(self) -> None:
        """End the page if no method is chosen, or nothing is published."""
        if not self.runs:
            controls.nothing_published(self.record)
        if not self.seeded:
            controls.nothing(
                "Choose at least one method that has a published cycle with this seed."
            )

    @property
    def number(self) -> int:
        """The chosen cycle; there is one after :meth:`require_runs`."""
        assert self.cycle is not None
        return self.cycle


def colours(runs: Sequence[Run]) -> dict[str, str]:
    """Return method ► its colour in every figure, in the look the browser shows."""
    look = THEMES[controls.theme()]
    return {name: look.colours[style.colour] for name, style in styles(methods_of(runs)).items()}


def name(run: Run, here: Context, more: str = "") -> None:
    """Name the run that a pane shows, in its method's colour."""
    colour = escape(here.colours.get(run.method.name, "currentColor"))
    words = escape(run_title(run) + more)
    st.html(f'<div class="run-name" style="border-color:{colour}">{words}</div>')


def front(here: Context) -> Run:
    """Draw the choice of the run that is looked at closely, by its method; return it."""
    runs = {run.method.name: run for run in here.here or here.seeded}
    return runs[controls.switch("Method", {name: name for name in runs}, "method")]


def row() -> Context:
    """Settle what is looked at and draw it; without an experiment, end the page.

    Raises:
        UnknownChoiceError: if the address names what is not there. Nothing is drawn then.
    """
    record, runs = _experiment()
    here = _settled(record, runs)
    st.html(_style(here))
    with st.container(
        key="context", horizontal=True, vertical_alignment="bottom", gap="small", border=False
    ):
        ids = [one.id for one in loaders.store().experiments()]
        st.selectbox("Experiment", ids, key="experiment", width=230, help="Newest first")
        if runs:
            _choices(here)
    if st.session_state.get("_playing"):
        st.fragment(_play, run_every="0.4s")(_numbers(here.seeded))
    return here


def _experiment() -> tuple[ExperimentRecord, list[Run]]:
    records = {record.id: record for record in controls.experiments()}
    try:
        chosen = address.one("experiment", "experiment", records)
    except address.UnknownChoiceError:
        address.refuse()
        raise
    record = records[chosen]
    return record, [run for run in record.runs() if run.cycle_numbers]


def _settled(record: ExperimentRecord, runs: list[Run]) -> Context:
    if not runs:
        return Context(record, [], [], None, None, None, None)
    try:
        methods = address.some("methods", "method", dict.fromkeys(r.method.name for r in runs))
        seed = address.one("seed", "seed", sorted({run.seed for run in runs}), runs[0].seed)
        shown = [run for run in runs if run.seed == seed and run.method.name in methods]
        if (moved := st.session_state.pop("_next_cycle", None)) is not None:
            st.session_state["cycle"] = moved
        number = address.one("cycle", "published cycle", _numbers(shown or runs))
        image, unit = _selection(record, shown)
    except address.UnknownChoiceError:
        address.refuse()
        raise
    return Context(record, runs, methods, seed, number, image, unit)


def _numbers(runs: Sequence[Run]) -> list[int]:
    return sorted({number for run in runs for number in run.cycle_numbers})


def _selection(record: ExperimentRecord, shown: list[Run]) -> tuple[str | None, int | None]:
    """Settle the chosen image and unit; at first the image of the first pick, and no unit."""
    ids = [None, *sorted(record.geometry.image_ids)]
    image = address.one("image", "image", ids, lambda: _first_image(shown))
    unit = address.settle(
        "unit",
        lambda texts: _unit(record, image, texts[-1] if texts else ""),
        lambda value: [address.text_of(value)],
        lambda: None,
    )
    return image, unit


def _first_image(shown: list[Run]) -> str | None:
    # of the first cycle whichever is shown, or the picture would jump with the slider
    if not shown:
        return None
    begun = loaders.cycle(loaders.key(shown[0]), shown[0].cycle_numbers[0]).selection
    return min(shown[0].experiment.geometry.image_ids) if begun.empty else begun["image_id"].iloc[0]


def _unit(record: ExperimentRecord, image: str | None, text: str) -> int | None:
    if not text:
        return None
    try:
        place = record.geometry.places([int(text)])
    except (ValueError, OverflowError, PoolError):
        raise address.UnknownChoiceError("unit", "unit", text, [""]) from None
    if place["image_id"].iloc[0] != image:
        raise address.UnknownChoiceError("unit", f"unit of image {image}", text, [""])
    return int(text)


def choose(image: str | None, unit: int | None = None) -> None:
    """Choose an image, or a unit of it, for every pane of the page; for callbacks."""
    st.session_state["image"] = image
    st.session_state["unit"] = unit


def _choices(here: Context) -> None:
    methods = dict.fromkeys(run.method.name for run in here.runs)
    st.pills("Methods", methods, selection_mode="multi", format_func=plain, key="methods")
    seeds = sorted({run.seed for run in here.runs})
    st.selectbox("Seed", seeds, key="seed", width=76)
    numbers = _numbers(here.seeded or here.runs)
    if len(numbers) > 1:
        st.select_slider("Cycle", numbers, key="cycle", width=220)
        playing = st.session_state.get("_playing", False)
        icon, words = ("pause", "Stop at this cycle") if playing else ("play_arrow", "Play")
        st.button(f":material/{icon}:", key="play", help=words, on_click=_toggle)
    else:
        st.caption(f"Cycle {numbers[0]}, the only one so far")
    if here.image is not None:
        unit = "" if here.unit is None else f" · unit {local_numbers([here.unit])[0]}"
        st.button(
            plain(f"{here.image}{unit}"),
            key="clear",
            icon=":material/close:",
            help="The chosen image; a click chooses none",
            on_click=choose,
            args=(None,),
        )


def _toggle() -> None:
    st.session_state["_playing"] = not st.session_state.get("_playing", False)
    st.session_state["_stepped"] = time.monotonic()


def _play(numbers: list[int]) -> None:
    """Go to the next cycle when it is time; the last one ends it."""
    if time.monotonic() - st.session_state.get("_stepped", 0.0) < _STEP_S:
        return
    later = [number for number in numbers if number > st.session_state["cycle"]]
    following = later[0] if later else numbers[0]
    st.session_state["_stepped"] = time.monotonic()
    st.session_state["_next_cycle"] = following
    st.session_state["_playing"] = following < numbers[-1]
    st.rerun()


def playing() -> bool:
    """Whether the cycles move by themselves."""
    return bool(st.session_state.get("_playing", False))


def _style(here: Context) -> str:
    """Return the row's look; a chip has its method's colour."""
    methods = dict.fromkeys(run.method.name for run in here.runs)
    chips = "".join(
        f".st-key-methods button:nth-of-type({place})::before{{background:{here.colours[method]}}}"
        for place, method in enumerate(methods, 1)
    )
    paper = THEMES[controls.theme()].paper  # what lies below it must not show through
    return f"<style>{_LOOK}.st-key-context{{background:{paper}}}{chips}</style>"


_LOOK = """
.run-name{border-left:.35rem solid;padding-left:.5rem;font-weight:600;overflow-wrap:anywhere}
.st-key-methods button::before{content:"";width:.7rem;height:.7rem;border-radius:50%;
  margin-right:.4rem;flex:none}
@media (min-width:900px){
  [data-testid="stLayoutWrapper"]:has(> .st-key-context){position:sticky;top:3.75rem;z-index:90}
  .st-key-context{padding-block:.25rem .5rem}
  .st-key-methods{max-height:4.6rem;overflow-y:auto}
}
"""
