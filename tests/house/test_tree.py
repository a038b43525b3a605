"""The tracked tree: no path of one machine, no stray large file, nothing half written."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LARGEST_FILE = 1_500_000
"""Bytes; pictures in docs are the largest files that belong here."""


def tracked_files() -> list[Path]:
    """Return the files of this tree as git knows them."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is no git checkout, so there is no list of tracked files")
    command = ["git", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def text_files() -> list[tuple[Path, str]]:
    """Return the tracked files that hold text, with their text."""
    found = []
    for path in tracked_files():
        try:
            found.append((path, path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


# A folder of one machine; the parts are joined so that this file does not hold what it looks for.
MACHINE_PATH = re.compile(
    r"(?<![\w.~/:-])/(?:" + "|".join(["work", "home", "root", "Users"]) + r")/\w"
)


def test_no_tracked_file_names_a_path_of_one_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path, text in text_files()
        for number, line in enumerate(text.splitlines(), start=1)
        if MACHINE_PATH.search(line)
    ]
    assert not found, "\n".join(found)


def test_no_tracked_file_is_large() -> None:
    large = [str(p.relative_to(ROOT)) for p in tracked_files() if p.stat().st_size > LARGEST_FILE]
    assert not large


def test_nothing_is_left_to_do() -> None:
    mark = re.compile(r"\b(?:" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b")
    found = [str(path.relative_to(ROOT)) for path, text in text_files() if mark.search(text)]
    assert not found


def test_no_file_of_code_is_long() -> None:
    """At most 400 lines, tests too: more is two ideas."""
    code = ("workbench", "dashboard", "tests", "benchmarks")
    lines = {
        path.relative_to(ROOT): len(text.splitlines())
        for path, text in text_files()
        if path.relative_to(ROOT).parts[0] in code
    }
    assert lines, "no file was looked at"
    assert not {str(path): count for path, count in lines.items() if count > 400}


def test_blanket_exceptions_to_the_linters_are_not_used() -> None:
    blanket = re.compile(r"#\s*(?:no" + r"qa(?!:)|type:\s*ign" + r"ore(?!\[))")
    found = [
        str(path.relative_to(ROOT))
        for path, text in text_files()
        if path.suffix == ".py" and blanket.search(text)
    ]
    assert not found
