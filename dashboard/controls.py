"""The choices on the pages: widgets whose values stand in the address, which can be shared.

A choice with the same key means the same on every page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import streamlit as st

from dashboard import address, loaders, places
from dashboard.text import plain
from workbench import launch, plugins
from workbench.errors import WorkbenchError
from workbench.figures._runs import run_title, standing

if TYPE_CHECKING:
    from workbench.figures._style import ThemeName
    from workbench.store import Cycle, ExperimentRecord, Run

_MOST_TOLD = 5


def theme() -> ThemeName:
    """Return the look the browser shows."""
    return "dark" if st.context.theme.type == "dark" else "light"


def explain(error: WorkbenchError) -> None:
    """Show an error that the user can mend: its sentence, nothing else."""
    st.error(plain(error), icon=":material/error:")


@contextmanager
def explained() -> Iterator[None]:
    """Show an error that the user can mend in the place of what the block draws."""
    try:
        yield
    except WorkbenchError as error:
        explain(error)


def left_out(sentences: Sequence[str]) -> None:
    """Show what is damaged in the store and was left out of the page, if anything."""
    if sentences:
        shown = [plain(sentence) for sentence in sentences[:_MOST_TOLD]]
        rest = len(sentences) - len(shown)
        more = [f"… and {rest} more; `workbench doctor --verify` names all."] if rest else []
        st.warning("\n\n".join(["Left out as damaged:", *shown, *more]), icon=":material/warning:")


def plugins_left_out() -> None:
    """Show which plug-ins cannot be used, if any."""
    for sentence in plugins.left_out()[:_MOST_TOLD]:
        st.warning(plain(sentence), icon=":material/extension_off:")


def nothing(sentence: str, command: str | None = None) -> None:
    """Show that there is nothing to draw yet, and the command that changes this; end the page."""
    st.info(plain(sentence), icon=":material/info:")
    if command:
        st.code(command, language="bash", wrap_lines=True)
    raise address.PageEnd


def experiments() -> list[ExperimentRecord]:
    """Return the store's experiments; without any, show how to make one and end the page."""
    path = places.store_path()
    records = loaders.store().experiments() if path.exists() else []
    if not records:
        nothing(
            f"There is no experiment in {path} yet. The demo makes one in a few minutes; the page "
            "New experiment starts any other.",
            f"workbench demo --store {path}",
        )
    return records


def nothing_published(record: ExperimentRecord) -> None:
    """Say why an experiment has no published cycle and what to do; end the page."""
    states = {run.status.state for run in record.runs()}
    if "waiting" in states:
        nothing(
            f"{record.id} waits for the labels of its initial units; this goes on:", resume(record)
        )
    if "running" in states:
        nothing(
            f"{record.id} is still training its first network; cycle 0 appears when it is done."
        )
    failed = next((run for run in record.runs() if run.status.state == "failed"), None)
    reason = f" {run_title(failed)}: {failed.status.message}" if failed else ""
    nothing(f"No cycle of {record.id} is published yet.{reason} This resumes it:", resume(record))


def resume(record: ExperimentRecord) -> str:
    """Return the command that resumes an experiment from a terminal."""
    job = launch.find_job(places.store_path(), record.id)
    file = job.config_file if job else f"{record.name}.yaml"
    return f"workbench run {file} --store {places.store_path()} --data {record.data_dir}"


def standings(record: ExperimentRecord) -> None:
    """Show which of an experiment's runs are not done or no longer listed, if any."""
    runs = record.runs()
    open_runs = [run for run in runs if run.status.state != "done" and run.listed]
    if open_runs:
        names = ", ".join(f"{run_title(run)} ({standing(run)})" for run in open_runs)
        st.caption(
            f":material/hourglass_top: Not finished: {plain(names)}. "
            "What is shown is what they have."
        )
    unlisted = [run_title(run) for run in runs if not run.listed]
    if unlisted:
        st.caption(
            ":material/playlist_remove: No longer listed by the experiment's file, and shown as "
            f"stored: {plain(', '.join(unlisted))}."
        )


def choice(
    label: str,
    options: Iterable[Any],
    key: str,
    *,
    default: Any = None,
    format_func: Callable[[Any], str] = str,
    **more: Any,
) -> Any:
    """Draw the choice of one of some options, the first unless told otherwise; return it."""
    offered = list(options)
    chosen = address.one(key, label.lower(), offered, default, format_func)
    st.selectbox(label, offered, key=key, format_func=format_func, **more)
    return chosen


def switch(label: str, options: Mapping[str, str], key: str, **more: Any) -> Any:
    """Draw the choice of one of a few options side by side; return it.

    Args:
        label: what is chosen.
        options: value ► what the reader sees.
        key: name in the address.
        more: for ``st.segmented_control``.
    """
    chosen = address.one(key, label.lower(), options, words=options.__getitem__)
    st.segmented_control(
        label,
        list(options),
        default=next(iter(options)),
        format_func=lambda value: plain(options[value]),
        key=key,
        required=True,
        **more,
    )
    return chosen


def several(
    label: str,
    options: Iterable[str],
    key: str,
    *,
    format_func: Callable[[Any], str] = str,
    **more: Any,
) -> list[str]:
    """Draw the choice of some of the options, all of them at first; return them."""
    offered = list(options)
    chosen = address.some(key, label.lower(), offered, format_func)
    st.multiselect(label, offered, key=key, format_func=format_func, **more)
    return chosen


def image(run: Run, shown: Cycle) -> str | None:
    """Draw the choice of a pool image, with J and K for next and previous; return it, if any."""
    listed = loaders.images(loaders.key(run), shown.number).set_index("image_id").sort_index()
    ids = list(listed.index)

    with st.container(horizontal=True, vertical_alignment="bottom", gap="xsmall"):
        chosen = st.selectbox("Image", ids, index=None, key="image", placeholder="None is chosen")
        for text, by, key in (("chevron_left", -1, "K"), ("chevron_right", 1, "J")):
            st.button(
                f":material/{text}:",
                key=f"image-{key}",
                on_click=step,
                args=("image", ids, by),
                shortcut=key,
            )
    return chosen


def step(key: str, options: Sequence[Any], by: int) -> None:
    """Go on to the next option of a choice or back to the former one, round at the ends.

    It is for callbacks. Without a choice the first option comes next, the last one before.
    """
    chosen = st.session_state.get(key)
    place = (options.index(chosen) if chosen in options else min(-by, 0)) + by
    st.session_state[key] = options[place % len(options)]


def image_facts(run: Run, shown: Cycle, image_id: str) -> None:
    """Show the sequence of an image and how many of its units are labelled and selected."""
    row = loaders.images(loaders.key(run), shown.number).set_index("image_id").loc[image_id]
    st.caption(
        f"Sequence {plain(row['sequence'])} · units selected in this cycle: {row['selected']} · "
        f"units labelled before: {row['labelled']}"
    )


def table(frame: Any, name: str, **more: Any) -> None:
    """Show a table with a button that saves it as CSV."""
    st.dataframe(frame, hide_index=True, **more)
    download(frame, name)


def download(frame: Any, name: str) -> None:
    """Draw a button that saves a table as CSV."""
    st.download_button(
        "Download CSV",
        frame.to_csv(index=False).encode(),
        file_name=f"{name}.csv",
        mime="text/csv",
        key=f"csv-{name}",
        icon=":material/download:",
        on_click="ignore",
    )
