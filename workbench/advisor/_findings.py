"""What a paper's own findings say of a cell of its usage guide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from workbench.presets import Cell, Choice, Finding, Guide, Scenario, cells_of

Agreement = Literal["yes", "in part", "no"]
"""``in part``: in one of the finding's metrics, but not in the other."""


_METRICS = {"miou": "mIoU", "auc": "AUC"}


@dataclass(frozen=True)
class JudgedFinding:
    """A finding against a cell of the guide.

    Attributes:
        where: the dataset or pool.
        agrees: whether what was best is of the kind that the guide recommends.
        sentence: what was found, with section and table.
    """

    where: str
    agrees: Agreement
    sentence: str


def judge(guide: Guide, scenario: Scenario) -> tuple[JudgedFinding, ...]:
    """Compare a cell of the guide with the paper's findings that bear on it.

    Without semi-supervised training only methods without it are compared; with it at hand all are,
    because one may leave it alone, as the guide itself does once. Methods of another network (BALD)
    are told where they are higher and not counted.
    """
    return tuple(
        _of_numbers(guide, scenario, one) if one.preset else _of_words(scenario, one)
        for one in guide.findings
        if one.bears_on(scenario)
    )


def _of_words(scenario: Scenario, finding: Finding) -> JudgedFinding:
    assert finding.best is not None, "a finding has a preset or states its best"
    left_alone = scenario.semi_supervised and not finding.best.semi_supervised
    how = " without semi-supervised training" if left_alone else ""
    sentence = f"{finding.where} ({_sections(finding)}): {finding.best.words} is best{how}."
    return JudgedFinding(
        finding.where, _agreement(scenario, [[finding.best]]), sentence + _note(finding)
    )


def _of_numbers(guide: Guide, scenario: Scenario, finding: Finding) -> JudgedFinding:
    cells = _compared(guide, scenario, finding)
    same = [c for c in cells if c.method not in guide.other_network]
    leaders = _leaders(same)
    told = [f"best {_told(leaders)}."]
    if scenario.advice.semi_supervised and not all(_is_semi(guide, c) for c in leaders):
        followers = _leaders([c for c in same if _is_semi(guide, c)])
        told.append(f"With semi-supervised training {_told(followers)}.")
        tables = _tables([*leaders, *followers])
    else:
        tables = _tables(leaders)
    if others := _higher(guide, scenario, leaders, cells):
        told.append(
            f"Higher, on a network with dropout that is not exactly comparable (section 3.3): "
            f"{_told(others)}."
        )
    kinds = [
        [guide.choice_of(c.method or "") for c in leaders if c.metric == metric]
        for metric in dict.fromkeys(c.metric for c in leaders)
    ]
    start = f"{finding.where} ({tables}; {_sections(finding)}): "
    sentence = start + " ".join(told) + _note(finding)
    return JudgedFinding(finding.where, _agreement(scenario, kinds), sentence)


def _sections(finding: Finding) -> str:
    return f"section{'s' if ' and ' in finding.section else ''} {finding.section}"


def _note(finding: Finding) -> str:
    return f" {finding.note}." if finding.note else ""


def _tables(cells: Sequence[Cell]) -> str:
    return " and ".join(sorted({c.table for c in cells}))


def _told(cells: Sequence[Cell]) -> str:
    """Return cells in words, row by row, e.g. ``EquAL in mIoU@30 (62.41) and AUC@50 (24.32)``."""
    rows = dict.fromkeys(c.row for c in cells)
    return ", ".join(
        f"{row} in " + " and ".join(_value_of(c) for c in cells if c.row == row) for row in rows
    )


def _value_of(cell: Cell) -> str:
    return f"{_metric(cell.metric)} ({cell.value:.2f})"


def _compared(guide: Guide, scenario: Scenario, finding: Finding) -> list[Cell]:
    """Return the cells of methods that could have been chosen in a scenario."""
    presets = [name for name in (finding.preset, finding.against) if name]
    cells = [c for name in presets for c in cells_of(name) if c.method and c.value is not None]
    own = {c.metric for c in cells if c.preset == finding.preset}
    return [
        c
        for c in cells
        if c.metric in own
        and not (c.preset == finding.against and _is_semi(guide, c))
        and (scenario.semi_supervised or not _is_semi(guide, c))
    ]


def _is_semi(guide: Guide, cell: Cell) -> bool:
    return guide.choice_of(cell.method or "").semi_supervised


def _value(cell: Cell) -> float:
    return cell.value if cell.value is not None else float("-inf")


def _leaders(cells: Sequence[Cell]) -> list[Cell]:
    """Return the highest of each metric; several if they are equal."""
    highest: dict[str, float] = {}
    for cell in cells:
        highest[cell.metric] = max(_value(cell), highest.get(cell.metric, float("-inf")))
    return [c for c in cells if _value(c) == highest[c.metric]]


def _higher(
    guide: Guide, scenario: Scenario, leaders: Sequence[Cell], cells: Sequence[Cell]
) -> list[Cell]:
    """Return what of another network, and not of the kind recommended, is above the leaders."""
    best = {c.metric: _value(c) for c in leaders}
    return [
        c
        for c in cells
        if c.method in guide.other_network
        and guide.choice_of(c.method) != scenario.advice
        and _value(c) > best[c.metric]
    ]


def _metric(metric: str) -> str:
    """Return a published metric as the paper writes it, e.g. ``mIoU@30``."""
    name, _, budget = metric.partition("@")
    return f"{_METRICS[name]}@{budget}"


def _agreement(scenario: Scenario, kinds: Sequence[Sequence[Choice]]) -> Agreement:
    """Return in how many metrics one of the best is of the kind recommended."""
    hits = [scenario.advice in best for best in kinds]
    return "yes" if all(hits) else "in part" if any(hits) else "no"
