"""What a running experiment shows, on a terminal and elsewhere."""

import io

import pytest
from rich.console import Console

from workbench.cli._progress import PlainView, Tally, showing

ABOUT = {"run": "x-1/random-s0", "method": "random", "seed": 0, "cycles": 2}
START = {
    "event": "experiment",
    "id": "x-1",
    "runs": [
        {"run": "x-1/random-s0", "method": "random", "seed": 0},
        {"run": "x-1/entropy-s0", "method": "entropy", "seed": 0},
    ],
    "finished": [],
    "cycles": 2,
}


def event(kind: str, **facts: object) -> dict[str, object]:
    return {"event": kind, **ABOUT, **facts}


LIFE = [
    START,
    event("run", cycle=0),
    event("progress", cycle=0, phase="train", done=5, total=10, loss=1.25),
    event("cycle", cycle=0, miou=0.312, labelled_units=8),
    event("progress", cycle=1, phase="scan", done=1, total=4),
    event("cycle", cycle=1, miou=0.4, labelled_units=16),
    event("done", cycle=1),
]


def test_the_tally_counts_cycles_of_every_run() -> None:
    tally, counts = Tally(), []
    for one in LIFE:
        tally.count(one)
        counts.append(tally.finished)
    assert counts == [0, 0, 0, 1, 1, 2, 2]


def test_a_resumed_experiment_starts_with_what_was_finished() -> None:
    tally = Tally()
    tally.count({**START, "finished": ["x-1/entropy-s0"]})
    assert tally.finished == 2
    tally.count(event("cycle", cycle=1))
    assert tally.finished == 4


WITH_REFERENCES = {
    **START,
    "references": [
        {"method": "full", "seed": 0, "done": True},
        {"method": "full", "seed": 1, "done": False},
    ],
}


def reference_event(kind: str, **facts: object) -> dict[str, object]:
    return {"event": kind, "method": "full", "seed": 1, **facts}


def test_the_tally_counts_references_as_it_counts_cycles() -> None:
    tally = Tally()
    tally.count(WITH_REFERENCES)
    assert tally.finished == 1
    tally.count(reference_event("progress", phase="train reference", done=1, total=4))
    assert tally.finished == 1
    tally.count(reference_event("reference", miou=0.5))
    assert tally.finished == 2
    tally.count(event("cycle", cycle=0))
    assert tally.finished == 3


def test_references_are_told_at_the_start_and_on_the_bar_of_all_runs() -> None:
    lines: list[str] = []
    PlainView(lines.append)(WITH_REFERENCES)
    assert lines == ["experiment x-1: 2 runs; 2 references, 1 of them finished already"]
    out = io.StringIO()
    with showing(6, Console(file=out, force_terminal=True, width=120)) as show:
        for one in (WITH_REFERENCES, reference_event("reference", miou=0.5)):
            show(one)
    text = out.getvalue()
    assert "2/6" in text
    assert "cycles and references" in text


def test_an_event_nobody_knows_is_passed_over() -> None:
    tally = Tally()
    tally.count({"event": "eclipse"})
    assert tally.finished == 0


def test_plain_lines_tell_start_cycles_and_end() -> None:
    lines: list[str] = []
    view = PlainView(lines.append, clock=lambda: 0.0)
    for one in LIFE:
        view(one)
    assert lines == [
        "experiment x-1: 2 runs",
        "random, seed 0: cycle 0 (last: 1), mIoU 31.2 %, 8 units labelled",
        "random, seed 0: cycle 1 (last: 1), mIoU 40.0 %, 16 units labelled",
        "random, seed 0: done",
    ]


def test_plain_lines_give_a_sign_of_life_in_a_long_phase() -> None:
    lines: list[str] = []
    now = [0.0]
    view = PlainView(lines.append, clock=lambda: now[0])
    for second in range(25):
        now[0] = float(second)
        view(event("progress", cycle=0, phase="train", done=second, total=100, loss=0.5))
    assert lines == [
        "random, seed 0: cycle 0 (last: 1), train, loss 0.500, 10 of 100",
        "random, seed 0: cycle 0 (last: 1), train, loss 0.500, 20 of 100",
    ]


def test_a_failed_run_says_why() -> None:
    lines: list[str] = []
    PlainView(lines.append)(event("failed", message="The loss is nan."))
    assert lines == ["random, seed 0: failed: The loss is nan."]


@pytest.mark.parametrize("terminal", [True, False])
def test_both_views_show_a_whole_run(terminal: bool) -> None:
    out = io.StringIO()
    with showing(4, Console(file=out, force_terminal=terminal, width=120)) as show:
        for one in LIFE:
            show(one)
    text = out.getvalue()
    assert "random, seed 0: done" in text
    assert ("all runs" in text) is terminal
    assert ("2/4" in text) is terminal  # two of four cycles, on the bar of all runs
