"""What a test run writes once is written once, whichever worker wants it first."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.experiments import SharedStores


def test_workers_that_want_the_same_store_write_it_once(tmp_path):
    written = []

    def write(path):
        path.mkdir()
        (path / "numbers").write_text("1 2 3")
        written.append(path)

    def want(worker, name="a"):
        return SharedStores(tmp_path / "shared").made("test", write, name=name)

    with ThreadPoolExecutor(4) as workers:
        found = set(workers.map(want, range(8)))
    assert len(found) == len(written) == 1
    assert (found.pop() / "numbers").read_text() == "1 2 3"
    want(0, name="b")
    assert len(written) == 2, "other settings are another store"


def test_what_was_half_written_is_written_again(tmp_path):
    shared = SharedStores(tmp_path / "shared")

    def fail(path):
        path.mkdir()
        raise OSError("The disk is full.")

    with pytest.raises(OSError, match="full"):
        shared.made("test", fail)
    assert list(shared.made("test", lambda path: path.mkdir()).iterdir()) == []
