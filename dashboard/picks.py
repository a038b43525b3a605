"""The table of picked units: in which place, with a picture; a row leads to its image."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import context, controls, images

_COLUMNS = ("picked", "picture", "image_id", "unit_id", "area", "score", "cost_clicks", "reason")


def show(table: pd.DataFrame, experiment_id: str, name: str) -> None:
    """Draw the table with a button that saves it; a click on a row chooses the row's image.

    Args:
        table: one row per unit in the order picked: ``image_id``, ``unit_id`` and any of ``area``,
            ``score``, ``cost_clicks``, ``reason``; a column without a value is not shown.
        experiment_id: id of the experiment whose pool the units are of.
        name: key of the table, and name of the file it is saved to.
    """
    shown = table.dropna(axis="columns", how="all")
    pictures = [images.address(experiment_id, image_id) for image_id in table["image_id"]]

    def follow() -> None:
        rows = st.session_state[name]["selection"]["rows"]
        if rows:
            row = table.iloc[rows[0]]
            context.choose(str(row["image_id"]), int(row["unit_id"]))

    st.dataframe(
        shown.assign(picture=pictures, picked=range(1, len(table) + 1)),
        hide_index=True,
        key=name,
        on_select=follow,
        selection_mode="single-row",
        row_height=56,
        column_order=_COLUMNS,
        column_config={
            "picture": st.column_config.ImageColumn("image", width="small"),
            "picked": st.column_config.NumberColumn("picked as", width="small"),
            "area": st.column_config.NumberColumn("pixels"),
            "score": st.column_config.NumberColumn(format="%.4f"),
            "cost_clicks": st.column_config.NumberColumn("clicks", width="small"),
        },
    )
    controls.download(table, name)
