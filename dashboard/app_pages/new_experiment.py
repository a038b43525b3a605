"""New experiment: a form that the config's schema and the registries draw, checked as one types."""

from __future__ import annotations

import os
import shlex
from typing import Any

import streamlit as st

from dashboard import controls, form, loaders, navigation, places
from dashboard.text import plain
from workbench import launch, presets, yaml_text
from workbench.config import ExperimentConfig, parse_config
from workbench.engine.plan import Plan, resolve
from workbench.errors import ConfigError, StoreError, WorkbenchError


def render() -> None:
    """Draw the page."""
    starts = _presets() | {f"copy of {key}": config for key, config in _stored().items()}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = controls.choice("Start from", starts, "start", width=420)
        mode = controls.switch("Edit as", {"form": "Form", "yaml": "YAML"}, "edit")
    form_box, plan_box = st.columns([3, 2], gap="large")
    with form_box:
        start = form.brief(starts[chosen])
        values = form.experiment(start, f"new.{chosen}") if mode == "form" else _text(start, chosen)
    with plan_box:
        controls.plugins_left_out()
        _plan(values)


@st.cache_resource(max_entries=1, show_spinner=False)
def _presets() -> dict[str, ExperimentConfig]:
    """Return the presets as published, the demo first, and after each its smaller forms."""
    starts = {}
    for name in sorted(presets.PRESETS, key=lambda name: (name != "demo", name)):
        starts[f"preset {name}"] = presets.load(name)
        for scale in presets.scales_of(name):
            starts[f"preset {name}, {scale}"] = presets.load(name, scale=scale)
    return starts


def _stored() -> dict[str, ExperimentConfig]:
    try:
        return {record.id: record.config for record in loaders.store().experiments()}
    except StoreError:
        return {}


def _text(start: dict[str, Any], chosen: str) -> str:
    return str(st.text_area("YAML", yaml_text.dump(start), height=640, key=f"yaml.{chosen}"))


def _plan(given: dict[str, Any] | str) -> None:
    """Check the config and offer to start it; what is wrong is shown here, beside it."""
    try:
        values = _parsed(given) if isinstance(given, str) else given
        plan = resolve(parse_config(values, "the form"))
    except ConfigError as error:
        controls.explain(error)
    else:
        _start(plan)
        _forecast(plan)
        _by_hand(plan, values)
    st.code(
        given if isinstance(given, str) else yaml_text.dump(given), language="yaml", wrap_lines=True
    )


def _parsed(text: str) -> dict[str, Any]:
    values = yaml_text.load(text, "the text")
    if not isinstance(values, dict):
        raise ConfigError("The YAML holds no keys; write name, dataset, model, learner and so on.")
    return values


def _start(plan: Plan) -> None:
    config, store = plan.config, places.store_path()
    jobs = st.number_input("Runs side by side", 1, os.cpu_count() or 1, 1, key="jobs")
    if launch.is_running(store, config.id):
        st.success(f"**{plain(config.id)}** is running.", icon=":material/play_circle:")
        navigation.link(
            "overview",
            "Follow it on the page Overview",
            ":material/science:",
            {"experiment": [config.id]},
        )
    elif st.button("Start", type="primary", icon=":material/play_circle:"):
        launch.start_run(config, store, places.data_path(), int(jobs))
        st.rerun()
    st.caption(
        f"Experiment **{plain(config.id)}**: {len(plan.methods)} methods, "
        f"{len(config.seeds)} seeds, {len(plan.runs)} runs of {config.budget.cycles} cycles."
    )


def _forecast(plan: Plan) -> None:
    """Compute the forecast on demand, because that reads the data and builds the network."""
    if st.button("What will it cost?", icon=":material/calculate:"):
        with st.spinner("Looking at data and network …"):
            try:
                text = launch.dry_run(plan.config, places.store_path(), places.data_path())
            except WorkbenchError as error:
                controls.explain(error)
            else:
                st.session_state["forecast"] = (plan.config, text)
    of, text = st.session_state.get("forecast", (None, ""))
    if of == plan.config:
        st.code(text, language=None)


def _by_hand(plan: Plan, values: Any) -> None:
    st.caption("Or save the YAML and run it from a terminal:")
    file = f"{plan.config.name}.yaml"
    command = ["workbench", "run", file, "--store", str(places.store_path())]
    command += ["--data", str(places.data_path())]
    st.code(shlex.join(command), language="bash", wrap_lines=True)
    about: dict[str, Any] = {"icon": ":material/download:", "on_click": "ignore"}
    st.download_button("Download YAML", yaml_text.dump(values), file, **about)


render()
