"""How a named method is written down."""

from __future__ import annotations

from workbench.registry import Entry


def method(
    name: str,
    summary: str,
    source: str,
    *,
    score: str | None = None,
    aggregation: str | None = "mean",
    selector: str = "top_k",
    costs: str | None = None,
    pool_filter: str | None = None,
) -> Entry:
    """Return the entry of a method; its parts are spec strings.

    Args:
        name: in every table and figure.
        summary: a sentence for a person.
        source: paper and section.
        score: what ranks the units; ``None`` where the selector reads no score.
        aggregation: how a unit's pixels become its score; ``None``: the experiment must say.
        selector: how the batch is chosen.
        costs: what the selector takes for a unit's cost; ``None``: as the experiment says.
        pool_filter: which units may be queried at all; ``None``: every one.
    """
    facts = {"score": score, "aggregation": aggregation, "selector": selector}
    more = {"costs": costs, "pool_filter": pool_filter}
    facts |= {key: value for key, value in more.items() if value is not None}
    return Entry(name, "workbench.config:Method", summary, source=source, facts=facts)
