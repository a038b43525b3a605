"""Experiments: everything in the store with its state; stop it, resume it, read why it failed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard import launches, loaders, places
from dashboard.text import plain
from workbench import yaml_text
from workbench.scaled import Scaled
from workbench.store import ExperimentRecord

if TYPE_CHECKING:
    import pandas as pd

_EXPERIMENT_COLUMNS = (
    "name state progress runs_done runs best_miou best_method dataset units model created methods"
)
_RUN_COLUMNS = (
    "method seed standing progress phase cycle cycles miou labelled_units heartbeat message"
)


def draw(record: ExperimentRecord) -> None:
    """Draw every experiment, and what the chosen one is and what can be done with it."""
    live = launches.anything_runs()
    published = _published(_runs(record.id))
    st.fragment(_listed, run_every=_every(live))(record.id, published, live=live)
    if record.config.scaled is not None:
        _scaled(record.config.scaled)


def runs(record: ExperimentRecord) -> None:
    """Draw the runs of an experiment, its log and its configuration."""
    st.fragment(_table, run_every=_every(launches.anything_runs()))(record.id)
    with st.expander("Configuration"):
        st.code(yaml_text.dump(record.config.plain()), language="yaml", wrap_lines=True)


def _every(live: bool) -> str | None:
    """Return how often a part of the page is drawn again."""
    return "2s" if live else None


def _runs(experiment_id: str) -> pd.DataFrame:
    """Return the runs of an experiment with their states, as of a second ago at most."""
    found = loaders.catalogue(places.store_path()).table
    return found[found["experiment"] == experiment_id]


def _published(runs: pd.DataFrame) -> list[int]:
    return [int(number) for number in runs["cycle"]]


def _listed(experiment_id: str, published: list[int], *, live: bool) -> None:
    if live and not launches.anything_runs():
        loaders.look_again()
        st.rerun()  # the last look; from here on nothing moves
    if st.session_state["experiment"] != experiment_id:
        st.rerun()  # a row was clicked, and all of the page is about another experiment now
    runs = _runs(experiment_id)
    if _published(runs) != published:
        st.rerun()  # the card is drawn from every cycle there is
    listed = loaders.catalogue(places.store_path()).experiments
    st.dataframe(
        listed,
        hide_index=True,
        key="experiments",
        on_select=lambda: _follow(list(listed["experiment"])),
        selection_mode="single-row",
        placeholder="–",
        column_order=_EXPERIMENT_COLUMNS.split(),
        column_config=_experiment_columns(),
    )
    record = loaders.store().experiment(experiment_id)
    st.subheader(plain(record.id))
    if record.config.description:
        st.caption(plain(record.config.description))
    of_all = listed.set_index("experiment")["state"].get(experiment_id, "")
    launches.actions(record, {of_all, *runs.loc[runs["listed"].astype(bool), "state"]})
    for run in runs[runs["state"] == "failed"].itertuples():
        sentence = f"**{plain(run.method)}, seed {run.seed}:** {plain(run.message)}"
        st.error(sentence, icon=":material/error:")


def _table(experiment_id: str) -> None:
    runs = _runs(experiment_id)
    st.dataframe(
        runs,
        hide_index=True,
        placeholder="–",
        column_order=_RUN_COLUMNS.split(),
        column_config=_run_columns(),
    )
    launches.log(experiment_id, expanded="failed" in set(runs["state"]))


def _follow(ids: list[str]) -> None:
    """Choose the experiment of the row that was clicked."""
    rows = st.session_state["experiments"]["selection"]["rows"]
    if rows:
        st.session_state["experiment"] = ids[rows[0]]


def _scaled(scaled: Scaled) -> None:
    """Say what an experiment is a smaller form of, and each setting that was changed."""
    st.caption(f":material/compress: {plain(scaled.sentence)}")
    with st.expander("What was changed"):
        st.code("\n".join(scaled.changes), language=None, wrap_lines=True)


def _experiment_columns() -> dict[str, Any]:
    return {
        "progress": st.column_config.ProgressColumn("progress", format="percent", width="small"),
        "runs_done": st.column_config.NumberColumn("runs done", width="small"),
        "runs": st.column_config.NumberColumn("of", width="small"),
        "best_miou": st.column_config.NumberColumn("best mIoU", format="percent", width="small"),
        "best_method": st.column_config.TextColumn("by"),
        "created": st.column_config.DatetimeColumn("started", format="distance"),
    }


def _run_columns() -> dict[str, Any]:
    return {
        "standing": st.column_config.TextColumn("state"),
        "progress": st.column_config.ProgressColumn("progress", format="percent"),
        "cycle": st.column_config.NumberColumn("cycles done", width="small"),
        "cycles": st.column_config.NumberColumn("of", width="small"),
        "miou": st.column_config.NumberColumn("mIoU", format="percent", width="small"),
        "labelled_units": st.column_config.NumberColumn("labelled units"),
        "heartbeat": st.column_config.DatetimeColumn("last sign of life", format="distance"),
    }
