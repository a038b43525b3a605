"""Which method to take: a paper's usage guide, where its own findings conflict, and one's runs."""

from __future__ import annotations

import streamlit as st

from dashboard import context, controls, loaders
from dashboard.text import plain

_EITHER = "either"
_POOLS = {_EITHER: "Either", "diverse": "Diverse", "redundant": "Redundant"}
_BUDGETS = {_EITHER: "Either", "low": "Low", "high": "High"}
_TRAINING = {_EITHER: "Either", "supervised": "Supervised", "semi-supervised": "Semi-supervised"}
_AGAINST = {"paper": "The paper alone", "runs": "My runs too"}
_AGREES = {"yes": "agrees", "in part": "agrees in part", "no": "conflicts"}


def draw() -> None:
    """Draw the advice for a pool, a budget and a kind of training. It reads no store by itself."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        pool = controls.switch("Pool", _POOLS, "pool")
        budget = controls.switch("Budget", _BUDGETS, "budget")
        training = controls.switch("Training", _TRAINING, "training")
        against = controls.switch("Held against", _AGAINST, "against")
    runs = context.row().chosen if against == "runs" else []
    semi = None if training == _EITHER else training == "semi-supervised"
    held = loaders.keys(runs) if runs else ()
    advice = loaders.advice(_known(pool), _known(budget), semi, held)
    st.caption(plain(f"{advice.source}. {advice.pool.sentence}"))
    controls.table(advice.table, "advice", column_config=_COLUMNS)
    for one in advice.recommendations:
        scenario = one.scenario
        kind = "semi-supervised" if scenario.semi_supervised else "supervised"
        head = f"{scenario.pool.capitalize()} pool, {scenario.budget} budget, {kind}"
        with st.expander(plain(f"{head}: {scenario.advice.words}")):
            st.text(one.sure)
            for finding in one.findings:
                st.text(f"The paper {_AGREES[finding.agrees]}: {finding.sentence}")
            if one.own is not None:
                st.text(f"Your runs: {one.own.sentence}")
    for note in advice.notes:
        st.caption(plain(note))


def _known(choice: str) -> str | None:
    return None if choice == _EITHER else choice


_COLUMNS = {
    "share": st.column_config.TextColumn("first and queried (%)"),
    "semi_supervised": st.column_config.CheckboxColumn("semi-supervised"),
    "agreeing": st.column_config.NumberColumn("findings that agree"),
    "findings": st.column_config.NumberColumn("of"),
    "own": st.column_config.TextColumn("your runs"),
}
