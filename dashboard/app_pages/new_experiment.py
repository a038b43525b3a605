"""New experiment: a form that the config's schema and the registries draw, checked as one types."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

import streamlit as st
import yaml

from dashboard import controls, form, loaders, places
from workbench import launch, presets
from workbench.config import ExperimentConfig, parse_config
from workbench.engine.plan import resolve
from workbench.errors import ConfigError, StoreError


def render() -> None:
    """Draw the page."""
    st.title("New experiment")
    starts = {f"preset {name}": presets.load(name) for name in presets.PRESETS}
    starts |= {f"copy of {key}": config for key, config in _stored().items()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            "Start from", list(starts), key="start", bind=controls.BIND, width=420
        )
        mode = controls.switch("Edit as", {"form": "Form", "yaml": "YAML"}, "edit")
    form_box, plan_box = st.columns([3, 2], gap="large")
    with form_box:
        start = form.brief(starts[chosen])
        values = form.experiment(start, f"new.{chosen}") if mode == "form" else _text(start, chosen)
    with plan_box:
        _plan(values)


def _stored() -> dict[str, ExperimentConfig]:
    try:
        return {record.id: record.config for record in loaders.store().experiments()}
    except StoreError:
        return {}


def _text(start: dict[str, Any], chosen: str) -> Any:
    text = st.text_area("YAML", _yaml(start), height=640, key=f"yaml.{chosen}")
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" at line {mark.line + 1}" if mark else ""
        raise ConfigError(
            f"This is not valid YAML{where}: correct it, or edit it as a form."
        ) from None


def _plan(values: Any) -> None:
    """Check the config and offer to start it."""
    if not isinstance(values, dict):
        raise ConfigError("The YAML holds no keys; wanted name, dataset, model, learner and so on.")
    try:
        plan = resolve(parse_config(values, "the form"))
    except ConfigError as error:
        controls.explain(error)
        plan = None
    if plan is not None:
        jobs = st.number_input("Runs side by side", 1, os.cpu_count() or 1, 1, key="jobs")
        running = launch.is_running(places.store_path(), plan.config.id)
        if st.button("Start", type="primary", icon=":material/play_circle:", disabled=running):
            launch.start_run(plan.config, places.store_path(), places.data_path(), int(jobs))
            st.switch_page("app_pages/experiments.py")
        st.caption(
            f"Experiment **{plan.config.id}**: {len(plan.runs)} runs of "
            f"{plan.config.budget.cycles} cycles."
        )
        st.caption("Or save the YAML and run it from a terminal:")
        file = Path(f"{plan.config.name}.yaml")
        command = ["workbench", "run", str(file), "--store", str(places.store_path())]
        command += ["--data", str(places.data_path()), "--jobs", str(jobs)]
        st.code(shlex.join(command), language="bash", wrap_lines=True)
        st.download_button(
            "Download YAML", _yaml(values), str(file), icon=":material/download:", on_click="ignore"
        )
    st.code(_yaml(values), language="yaml")


def _yaml(values: Any) -> str:
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=88)


render()
