"""Commands that attacks run: the numbers and texts of a command come back, and bounds hold."""

import signal

import pytest

from tests.attack.commands import assert_refused, run_command


def test_a_command_ends_as_it_does_on_the_command_line(tmp_path):
    ended = run_command(["run", "demo", "--dry-run"], tmp_path)
    assert ended.code == 0, ended
    assert "Nothing was started" in ended.out
    assert ended.err == ""
    assert ended.cpu_s > 0
    assert list(tmp_path.iterdir()) == []
    again = run_command(["run", "demo", "--dry-run"], tmp_path, warm=True)
    assert _untimed(again.out) == _untimed(ended.out)


def _untimed(out: str) -> list[str]:
    """Return the lines without those of the time, which is measured anew."""
    lines = out.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("time on this machine"))
    end = next(n for n, line in enumerate(lines) if line.startswith("disk needed"))
    assert start < end
    return lines[:start] + lines[end:]


def test_a_refused_command_leaves_one_sentence(tmp_path):
    assert_refused(run_command(["run", "no-such-preset"], tmp_path), "no-such-preset")
    with pytest.raises(AssertionError):
        assert_refused(run_command(["--version"], tmp_path))


def test_time_and_memory_are_bounded(tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBENCH_STORE", "not set for commands")
    wall = run_command(["run", "demo", "--dry-run"], tmp_path, wall_s=0.001)
    assert wall.code == -signal.SIGALRM
    memory = run_command(["run", "demo", "--dry-run"], tmp_path, memory=64 * 1024**2, wall_s=5)
    assert memory.code not in {0, 2}
    assert "not set" not in run_command(["list"], tmp_path).err
    named = run_command(["list"], tmp_path, env={"WORKBENCH_STORE": "elsewhere"})
    assert "elsewhere" in named.out + named.err
