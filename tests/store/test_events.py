"""The append-only log of a run."""

import errno
import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.errors import DamagedRecordWarning, StoreError
from workbench.store import damage
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


def test_every_flipped_bit_costs_at_most_its_lines_and_is_told(tmp_path):
    path = tmp_path / "events.jsonl"
    log = EventLog(path)
    for name in "abc":
        log.append({"event": name})
    whole, data = read_events(path), path.read_bytes()
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        path.write_bytes(flipped)
        with damage.collected() as told:
            found = read_events(path)
        assert all(event in whole for event in found)
        assert len(found) == 3 or (len(found) >= 1 and "events.jsonl has " in told[0])
    EventLog(path).append({"event": "d"})
    numbers = [event["n"] for event in read_events(path)]
    assert numbers[-1] == 4
    assert len(set(numbers)) == len(numbers)


def test_a_log_that_cannot_be_read_is_told(tmp_path):
    (tmp_path / "events.jsonl").mkdir()
    with pytest.warns(DamagedRecordWarning, match=r"events\.jsonl cannot be read"):
        assert read_events(tmp_path / "events.jsonl") == []


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
