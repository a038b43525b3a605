"""Experiments: everything in the store with its state; stop it, resume it, read why it failed."""

from __future__ import annotations

from typing import Any

import streamlit as st
import yaml

from dashboard import controls, loaders, places
from workbench import launch
from workbench.store import ExperimentRecord

_ENDED_EARLY = ("failed", "interrupted", "stopped", "pending")
_EXPERIMENT_COLUMNS = (
    "name state progress runs_done runs best_miou best_method dataset units model created methods"
)
_RUN_COLUMNS = "method seed state progress phase cycle cycles miou labelled_units heartbeat message"
_LINKS = (
    ("learning_curves", "Learning curves", ":material/show_chart:"),
    ("score_maps", "Score maps", ":material/blur_on:"),
    ("embedding", "Embedding", ":material/scatter_plot:"),
)


def render() -> None:
    """Draw the page."""
    st.title("Experiments")
    waiting = _jobs_without_experiment()
    for job in waiting:
        _not_in_store(job)
    if any(job.running for job in waiting):
        st.fragment(_wait, run_every="1s")()
        if not places.store_path().joinpath("experiments").exists():
            st.stop()
    record = controls.experiment()
    live = _live()
    st.fragment(_overview, run_every="2s" if live else None)(record.id, live=live)


def _live() -> bool:
    """Whether anything moves."""
    path = places.store_path()
    records = loaders.store().experiments()
    return any(record.running or launch.is_running(path, record.id) for record in records)


def _overview(experiment_id: str, *, live: bool) -> None:
    if live and not _live():
        loaders.catalogue.clear()
        st.rerun()  # the last look; from here on nothing moves
    catalogue = loaders.catalogue(places.store_path())
    st.dataframe(
        catalogue.experiments,
        hide_index=True,
        placeholder="–",
        column_order=_EXPERIMENT_COLUMNS.split(),
        column_config=_experiment_columns(),
    )
    record = loaders.store().experiment(experiment_id)
    st.subheader(record.id)
    if record.config.description:
        st.caption(record.config.description)
    runs = catalogue.table[catalogue.table["experiment"] == experiment_id]
    _actions(record, set(runs["state"]))
    st.dataframe(
        runs,
        hide_index=True,
        placeholder="–",
        column_order=_RUN_COLUMNS.split(),
        column_config=_run_columns(),
    )
    for run in runs[runs["state"] == "failed"].itertuples():
        st.error(f"**{run.method}, seed {run.seed}:** {run.message}", icon=":material/error:")
    _log(
        launch.find_job(places.store_path(), experiment_id), expanded="failed" in set(runs["state"])
    )
    with st.expander("Configuration"):
        plain = record.config.plain()
        st.code(
            yaml.safe_dump(plain, sort_keys=False, allow_unicode=True),
            language="yaml",
            wrap_lines=True,
        )


def _actions(record: ExperimentRecord, states: set[str]) -> None:
    job = launch.find_job(places.store_path(), record.id)
    with st.container(horizontal=True, vertical_alignment="center"):
        if job is not None and job.stopping:
            st.caption(":material/hourglass_top: Stopping at the next step …")
        elif job is not None and job.running:
            if st.button("Stop", icon=":material/stop_circle:"):
                job.stop()
                st.rerun()
        elif record.running:
            st.caption(
                f":material/terminal: Run by process {record.pid}, which was not started here; "
                "stop it with Ctrl-C in its terminal."
            )
        elif states & set(_ENDED_EARLY):
            if st.button("Resume", icon=":material/play_circle:", type="primary"):
                launch.resume(places.store_path(), record.id, record.data_dir)
                st.rerun()
            st.code(controls.resume(record), language="bash", wrap_lines=True)
        for page, label, icon in _LINKS:
            st.page_link(f"app_pages/{page}.py", label=label, icon=icon)
        st.page_link(
            "app_pages/new_experiment.py",
            label="Copy",
            icon=":material/content_copy:",
            query_params={"start": f"copy of {record.id}"},
        )


def _jobs_without_experiment() -> list[launch.Job]:
    """Return what was started here and has not reached the store: starting, or failed at once."""
    folder = places.store_path() / "experiments"
    jobs = launch.all_jobs(places.store_path())
    return [job for job in jobs if not (folder / job.name / "experiment.json").exists()]


def _not_in_store(job: launch.Job) -> None:
    if job.running:
        st.info(f"**{job.name}** is starting.", icon=":material/hourglass_top:")
        return
    said = job.tail(1)
    st.error(f"**{job.name}** did not start. {said[0] if said else ''}", icon=":material/error:")
    with st.container(horizontal=True):
        if st.button("Try again", key=f"again-{job.name}"):
            launch.resume(places.store_path(), job.name)
            st.rerun()
        st.button("Forget it", key=f"forget-{job.name}", on_click=launch.forget, args=(job,))
    _log(job)


def _wait() -> None:
    """Draw the page anew as soon as what was starting has reached the store, or ended."""
    if not any(job.running for job in _jobs_without_experiment()):
        st.rerun()


def _log(job: launch.Job | None, *, expanded: bool = False) -> None:
    if job is not None:
        with st.expander("Log", expanded=expanded):
            st.code(
                "\n".join(job.tail(40)) or "Nothing was printed yet.",
                language=None,
                wrap_lines=True,
            )


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
        "progress": st.column_config.ProgressColumn("progress", format="percent"),
        "cycle": st.column_config.NumberColumn("cycles done", width="small"),
        "cycles": st.column_config.NumberColumn("of", width="small"),
        "miou": st.column_config.NumberColumn("mIoU", format="percent", width="small"),
        "labelled_units": st.column_config.NumberColumn("labelled units"),
        "heartbeat": st.column_config.DatetimeColumn("last sign of life", format="distance"),
    }


render()
