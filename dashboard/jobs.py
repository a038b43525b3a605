"""Work that takes longer than a page may: started as a process of its own, waited for, shown."""

from __future__ import annotations

import streamlit as st

from dashboard import loaders, places
from dashboard.text import plain
from workbench import launch, projection
from workbench.store import Projection, Run


def projected(run: Run, number: int, method: str) -> Projection | None:
    """Return a projection; if the store has none, offer to compute it in a process of its own.

    Nothing is started but by a click, since an address alone must not start work. As long as the
    process runs, what it does is shown in its place, and the page is drawn anew when it is done.

    Args:
        run: whose embeddings are projected.
        number: the cycle whose embeddings are projected.
        method: a name of ``PROJECTIONS``.
    """
    store = loaders.store()
    wanted = loaders.projection_request(loaders.key(run), number, method)
    name = launch.projection_name(run.id, number, method, 0)
    job = launch.find_job(places.store_path(), name)
    ended = job is not None and not job.running  # looked at first: what it made is there by now
    found = store.projection(wanted.key)
    if found is not None:
        return found
    status = projection.status(store, wanted)
    if status.state == "failed" or (ended and status.state != "running"):
        _failed(run, number, method, status.message or " ".join(job.tail(1) if job else []))
    elif job is None and status.state == "missing":
        _offer(run, number, method)
    else:
        st.fragment(_wait, run_every="1s")(run, number, method)
    return None


def stored(run: Run, number: int, method: str) -> Projection | None:
    """Return a projection if the store has it; this starts and offers nothing."""
    wanted = loaders.projection_request(loaders.key(run), number, method)
    return loaders.store().projection(wanted.key)


def _offer(run: Run, number: int, method: str) -> None:
    entry = projection.PROJECTIONS.entry(method)
    st.info(
        f"{plain(entry.title)} of these features is not in the store yet. Computing it takes "
        f"{plain(entry.seconds)}; the result is stored.",
        icon=":material/info:",
    )
    if st.button(f"Compute {plain(entry.title)}", icon=":material/play_arrow:", type="primary"):
        launch.start_projection(places.store_path(), run.id, number, method)
        st.rerun()


def _wait(run: Run, number: int, method: str) -> None:
    """Show what the job does; draw the page anew when it has ended."""
    wanted = loaders.projection_request(loaders.key(run), number, method)
    status = projection.status(loaders.store(), wanted)
    job = launch.find_job(places.store_path(), launch.projection_name(run.id, number, method, 0))
    if status.state in {"done", "failed"} or (
        status.state == "missing" and not (job and job.running)
    ):
        st.rerun()
    entry = projection.PROJECTIONS.entry(method)
    label = plain(f"{entry.title}: {status.stage or 'starting'} …")
    with st.status(label, state="running", expanded=True):
        st.caption(f"Takes {plain(entry.seconds)}.")
        if job is not None and st.button("Cancel", icon=":material/cancel:"):
            job.stop()


def _failed(run: Run, number: int, method: str, sentence: str) -> None:
    title = projection.PROJECTIONS.entry(method).title
    st.error(plain(f"{title} was not computed. {sentence}"), icon=":material/error:")
    if st.button("Try again", icon=":material/refresh:"):
        launch.start_projection(places.store_path(), run.id, number, method)
        st.rerun()
