"""A plug-in that fails is named and left out; every command goes on with all the others."""

import importlib
import os
import subprocess
import sys
import threading
import warnings
from importlib.metadata import Distribution
from pathlib import Path

import pytest

from tests.attack.plugins import BROKEN, METADATA, install, install_metadata
from workbench.acquisition import ACQUISITIONS
from workbench.cli import _plugins
from workbench.errors import BrokenPluginWarning, PluginError
from workbench.learning import LEARNERS
from workbench.plugins import leave_out_damaged_metadata, left_out

OURS = tuple(ACQUISITIONS.names())


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Return a folder of the path, with registries that have not looked for plug-ins yet."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(tmp_path))
    for registry in (ACQUISITIONS, LEARNERS):
        monkeypatch.setattr(registry, "_entries", dict(registry._entries))
        monkeypatch.setattr(registry, "_outside_read", False)
    yield tmp_path
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


def told() -> list[str]:
    """Return the warnings of reading the plug-ins."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        ACQUISITIONS.names()
    assert all(issubclass(warning.category, BrokenPluginWarning) for warning in caught)
    return [str(warning.message) for warning in caught]


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_plugin_is_named_once_and_left_out(path: Path, name: str) -> None:
    source, reason = BROKEN[name]
    install(path, name, source)
    install(path, "zz_fine", "ENTRIES = [entry('theirs')]")
    (sentence,) = told()
    assert f"{name}:ENTRIES" in sentence
    assert f"{name} 1.0" in sentence
    assert reason in sentence
    assert len(sentence) <= 300
    assert sentence.isprintable()
    assert ACQUISITIONS.names() == [*OURS, "theirs"]
    assert told() == []
    assert sentence in left_out()


@pytest.mark.parametrize("name", METADATA)
def test_a_distribution_with_damaged_metadata_hides_no_other(path, name, monkeypatch) -> None:
    monkeypatch.setattr(Distribution, "entry_points", Distribution.entry_points)  # put back
    leave_out_damaged_metadata()
    install_metadata(path, "damaged", METADATA[name])
    install(path, "zz_fine", "ENTRIES = [entry('theirs')]")
    (sentence,) = told()
    assert "damaged 1.0" in sentence
    assert ACQUISITIONS.names() == [*OURS, "theirs"]


@pytest.mark.parametrize("metadata", [b"", b"\xff\xfe\x00", b"Name:\n"])
def test_a_distribution_without_a_name_is_told_by_its_folder(path: Path, metadata: bytes) -> None:
    install(path, "nameless", "1 / 0")
    (path / "nameless-1.0.dist-info" / "METADATA").write_bytes(metadata)
    assert [sentence.count("nameless-1.0.dist-info") for sentence in told()] == [1]
    assert ACQUISITIONS.names() == list(OURS)


def test_an_entry_point_that_names_no_module_is_left_out(path: Path) -> None:
    points = "[workbench.acquisition]\nx = \ny = not a module!\n"
    install_metadata(path, "odd", {"entry_points.txt": points})
    assert len(told()) == 2
    assert ACQUISITIONS.names() == list(OURS)


def test_a_distribution_found_twice_is_read_once(path: Path, monkeypatch) -> None:
    install(path, "theirs", "ENTRIES = entry('theirs')")
    monkeypatch.syspath_prepend(str(path) + os.sep)
    assert told() == []
    assert ACQUISITIONS.names() == [*OURS, "theirs"]


def test_of_two_plugins_with_one_name_the_first_in_the_alphabet_stays(path: Path) -> None:
    for name in ("b_theirs", "a_theirs"):
        install(path, name, f"ENTRIES = entry('theirs', summary='{name}')")
    (sentence,) = told()
    assert "b_theirs 1.0" in sentence
    assert ACQUISITIONS.entry("theirs").summary == "a_theirs"


def test_what_a_plugin_prints_and_the_filters_it_sets_reach_nobody(path: Path, capsys) -> None:
    install(
        path,
        "loud",
        """
        import warnings
        print("hello")
        warnings.simplefilter("ignore")
        warnings.showwarning = None
        ENTRIES = entry("loud")
        """,
    )
    install(path, "raises", "1 / 0")
    before = list(warnings.filters)
    assert len(told()) == 1
    assert warnings.filters == before
    assert callable(warnings.showwarning)
    assert capsys.readouterr().out == ""
    assert "loud" in ACQUISITIONS.names()


def test_ctrl_c_in_a_plugin_passes_and_the_next_look_reads_them_again(path: Path) -> None:
    install(path, "stops", "raise KeyboardInterrupt")
    install(path, "a_theirs", "ENTRIES = entry('theirs')")
    with pytest.raises(KeyboardInterrupt):
        ACQUISITIONS.names()
    (path / "stops.py").write_text("ENTRIES = []\n")
    importlib.invalidate_caches()
    assert told() == []
    assert ACQUISITIONS.names() == [*OURS, "theirs"]


def test_a_plugin_may_look_up_our_entries_while_it_is_imported(path: Path) -> None:
    install(
        path,
        "curious",
        """
        from workbench.acquisition import ACQUISITIONS
        ENTRIES = entry("theirs", summary=ACQUISITIONS.entry("entropy").name)
        """,
    )
    assert told() == []
    assert ACQUISITIONS.entry("theirs").summary == "entropy"


def test_a_second_thread_waits_until_the_plugins_are_read(path: Path) -> None:
    install(path, "slow", "import time; time.sleep(0.3); ENTRIES = entry('theirs')")
    seen: list[bool] = []
    look = lambda: seen.append("theirs" in ACQUISITIONS)  # noqa: E731
    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == [True, True]


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("no_such_module_anywhere:score", "no_such_module_anywhere"),
        ("theirs:no_such_function", "no_such_function"),
        ("exits:score", "it called sys.exit"),
    ],
)
def test_code_that_cannot_be_imported_is_told_when_it_is_used(
    path: Path, target: str, reason: str
) -> None:
    (path / "exits.py").write_text("import sys\nsys.exit(0)\n")
    install(path, "theirs", f"ENTRIES = entry('theirs', target={target!r})")
    assert told() == []
    with pytest.raises(PluginError, match=r"plug-in theirs 1\.0") as caught:
        ACQUISITIONS.get("theirs")
    assert reason in str(caught.value)


def test_doctor_lists_them_all(path: Path, monkeypatch, capsys) -> None:
    for name, (source, _) in BROKEN.items():
        install(path, name, source)
    install(path, "theirs", "ENTRIES = entry('theirs')")
    (path / "torch.py").write_text("")  # a stand-in: what counts is the name
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    install(path, "heavy", "import torch; ENTRIES = [entry('slow'), entry('slower')]")
    told()
    _plugins.print_plugins(_plugins.read_all_plugins())
    rows = capsys.readouterr().out.splitlines()
    for name, (_, reason) in BROKEN.items():
        (line,) = (row for row in rows if f" {name}:ENTRIES" in row)
        assert line.startswith("note")
        assert "left out" in line
        assert reason in line
    assert any(row.startswith("ok") and "adds theirs " in row for row in rows)
    assert any("adds slow, slower; importing it loads torch" in row for row in rows)


def test_a_command_goes_on_with_all_of_them_at_once(tmp_path: Path) -> None:
    path = tmp_path / "path"
    path.mkdir()
    for name, (source, _) in BROKEN.items():
        install(path, name, source)
    for number, files in enumerate(METADATA.values()):
        install_metadata(path, f"metadata_{number}", files)
    for group in ("learners", "methods", "units", "models"):
        install(path, f"of_{group}", "import sys; sys.exit(0)", f"workbench.{group}")
    install(path, "theirs", "print('hello'); ENTRIES = entry('theirs')")
    done = _run(path, tmp_path, "methods", "--parts")
    assert done.returncode == 0, done.stderr
    assert "theirs" in done.stdout
    assert "hello" not in done.stdout
    lines = [line for line in done.stderr.splitlines() if line != "hello"]
    assert len(lines) == 11
    assert all(line.startswith("Warning: ") for line in lines)


def _run(path: Path, cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    python_path = os.pathsep.join([str(path), os.environ.get("PYTHONPATH", ""), str(Path.cwd())])
    return subprocess.run(
        [sys.executable, "-m", "workbench", *arguments],
        cwd=cwd,
        env=os.environ | {"PYTHONPATH": python_path},
        capture_output=True,
        text=True,
        check=False,
    )
