"""The append-only log of a run."""

import errno
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import StoreError
from workbench.store.events import EventLog, read_events


@settings(max_examples=40, deadline=None)
@given(texts=st.lists(st.text(max_size=20), max_size=6), torn=st.binary(max_size=30))
def test_a_torn_last_line_is_passed_over_and_repaired(texts, torn, tmp_path_factory):
    path = tmp_path_factory.mktemp("log") / "events.jsonl"
    log = EventLog(path)
    for text in texts:
        log.append({"event": "x", "text": text})
    with path.open("ab") as stream:
        stream.write(torn.replace(b"\n", b""))
    assert [event["text"] for event in read_events(path)] == texts
    EventLog(path).append({"event": "next"})
    events = read_events(path)
    assert [event["n"] for event in events] == list(range(1, len(texts) + 2))
    assert events[-1]["event"] == "next"


def test_only_what_came_after_is_read(tmp_path):
    log = EventLog(tmp_path / "events.jsonl")
    for number in range(5):
        log.append({"event": "x", "number": np.int64(number), "loss": float("nan")})
    events = read_events(tmp_path / "events.jsonl", after=3)
    assert [(event["n"], event["number"], event["loss"]) for event in events] == [
        (4, 3, None),
        (5, 4, None),
    ]


def test_a_garbled_line_keeps_its_number(tmp_path):
    path = tmp_path / "events.jsonl"
    path.write_bytes(b'{"n": 1, "event": "a"}\n\x00\x00\n{"n": 3, "event": "c"}\n')
    assert [event["n"] for event in read_events(path)] == [1, 2, 3]
    assert read_events(path)[1]["event"] == "unreadable"


def test_a_full_disk_leaves_whole_lines(tmp_path, monkeypatch):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    log.append({"event": "a"})
    whole, write = path.read_bytes(), os.write
    calls = []

    def half(handle, data):
        """Take ten bytes, then nothing more."""
        calls.append(len(data))
        if len(calls) > 1:
            raise OSError(errno.ENOSPC, "full")
        return write(handle, data[:10])

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", half)
        with pytest.raises(StoreError, match="no room"):
            log.append({"event": "b"})
    assert len(calls) == 2
    assert path.read_bytes() == whole
    log.append({"event": "c"})
    assert [event["n"] for event in read_events(path)] == [1, 2]


def test_no_log_is_no_event(tmp_path):
    assert read_events(tmp_path / "events.jsonl") == []
