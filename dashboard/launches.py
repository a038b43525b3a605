"""Experiments as processes: those starting, the buttons that stop and resume, their logs."""

from __future__ import annotations

import streamlit as st

from dashboard import controls, loaders, navigation, places
from dashboard.text import plain
from workbench import launch
from workbench.job import Job
from workbench.store import ExperimentRecord

_ENDED_EARLY = {"failed", "interrupted", "stopped", "waiting", "pending"}


def anything_runs() -> bool:
    """Whether any experiment of the store moves."""
    path = places.store_path()
    records = loaders.store().experiments()
    return any(record.running or launch.is_running(path, record.id) for record in records)


def show_starting() -> None:
    """Show what was started here and has not reached the store: starting, or failed at once."""
    starting = _starting()
    for job in starting:
        _show(job)
    if any(job.running for job in starting):
        st.fragment(_watch, run_every="1s")()
        if not loaders.store().experiments():
            st.stop()


def _starting() -> list[Job]:
    there = places.store_path().exists()
    stored = {record.id for record in loaders.store().experiments()} if there else set()
    return [job for job in launch.all_jobs(places.store_path()) if job.name not in stored]


def _show(job: Job) -> None:
    if job.running:
        st.info(f"**{plain(job.name)}** is starting.", icon=":material/hourglass_top:")
        return
    printed = plain(" ".join(job.tail(1)))
    st.error(f"**{plain(job.name)}** did not start. {printed}", icon=":material/error:")
    with st.container(horizontal=True):
        if st.button("Try again", key=f"again-{job.name}"):
            launch.resume(places.store_path(), job.name)
            st.rerun()
        st.button("Remove", key=f"remove-{job.name}", on_click=launch.remove, args=(job,))
    _tail(job)


def _watch() -> None:
    """Draw the page anew as soon as what was starting has reached the store, or ended."""
    if not any(job.running for job in _starting()):
        st.rerun()


def actions(record: ExperimentRecord, states: set[str]) -> None:
    """Offer what can be done with an experiment whose runs are in some states."""
    job = launch.find_job(places.store_path(), record.id)
    if job is not None and job.failed:
        st.error(plain(" ".join(["The last start did not end well.", *job.tail(1)])))
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
        elif states & _ENDED_EARLY:
            if st.button("Resume", icon=":material/play_circle:", type="primary"):
                launch.resume(places.store_path(), record.id, record.data_dir)
                st.rerun()
            st.code(controls.resume(record), language="bash", wrap_lines=True)
        navigation.link("explore", "Score maps and embedding", ":material/blur_on:")
        start = {"start": [f"copy of {record.id}"]}
        navigation.link("new_experiment", "Copy", ":material/content_copy:", start)


def log(experiment_id: str, *, expanded: bool = False) -> None:
    """Show the end of what an experiment that was started here printed."""
    job = launch.find_job(places.store_path(), experiment_id)
    if job is not None:
        _tail(job, expanded=expanded)


def _tail(job: Job, *, expanded: bool = False) -> None:
    with st.expander("Log", expanded=expanded):
        text = "\n".join(job.tail(40)) or "Nothing was printed yet."
        st.code(text, language=None, wrap_lines=True)
