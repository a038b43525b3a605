"""Odd command lines: each ends with 0 or 2, in seconds, and says what is wrong in one sentence."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import yaml

from tests.attack.commands import assert_sentence, run_command
from tests.experiments import SMALL, SharedStores

LONG = "n" * 5000
BAD_FOLDERS = {  # what stands for a folder or a file ► what there is
    "": "nothing",
    " ": "a space",
    "file": "a file",
    "file/below": "a path through a file",
    "missing/below": "nothing there",
    "fifo": "a FIFO",
    "/dev/null": "a device",
    "/dev/zero": "a device that never ends",
    "loop": "a link to itself",
    "dangling": "a link to nothing",
    LONG: "a long name",
    "n" * 256: "a name longer than file systems take",
    "d/" * 2100: "a long path",
    "line\nbreak": "a line break",
    "\udcff\udcfe": "bytes that are not UTF-8",
    "\x1b[31mred": "an escape",
    "~nobody/x": "a home that is not there",
    "-": "a dash",
}
NUMBERS = ["-1", "0", "1000000000", "9" * 400, "1.5", "nan", "inf", "", " ", "1e3", "0x10", "--"]
NUMBERS += ["\u0663", "\uff11"]  # digits of other scripts
SETS = [
    "",
    "=",
    "==",
    "a",
    "=1",
    "a.b.c.d=1",
    "name.x=1",
    "methods.0=random",
    "methods.0.name=x",
    "seeds=",
    "seeds=[",
    "seeds=[0,1",
    "seeds=0",
    "seeds=[0, 0]",
    "seeds=[1.5]",
    "seeds=[" + ",".join(map(str, range(20_000))) + "]",
    "budget=3",
    "budget.cycles=.inf",
    "budget.cycles=0",
    "budget.cycles=" + "9" * 5000,
    "budget.click_tolerance=.inf",
    "budget.click_tolerance=.nan",
    "budget..cycles=2",
    ".budget.cycles=2",
    "budget.cycles.=2",
    " budget.cycles =2",
    "compute.threads=1000000",
    "dataset.train=1000000000000",
    "learner.crop=[100000,100000]",
    "scan.map_limit=[0,0]",
    "name=..",
    "name=" + "n" * 250,
    "name=\udcff",
    "name=a\nb",
    "name=!!python/object/apply:os.system [true]",
    "x: &a [*a]=1",
    "description=&a [*a]",
    "description=" + "[" * 5000,
    "description=\x00".replace("\x00", "\x01"),
    "description=\u202etxt",
    "\u200bname=x",
    "nаme=x",  # the a is Cyrillic
    LONG,
    f"{LONG}=1",
    f"name={LONG}",
    ".".join("a" * 500) + "=1",
]
LINES: list[list[str]] = [
    [],
    [""],
    [" "],
    ["--help"],
    ["--version"],
    ["--version", "--version"],
    ["--no-such-option"],
    ["--help", "nothing"],
    ["nothing"],
    ["ruñ"],
    ["\uff52\uff55\uff4e"],  # run, in wide letters
    ["rün\x1b[31m"],
    ["-"],
    ["--"],
    ["--", "--version"],
    [LONG],
    ["\udcff"],
    ["run"],
    ["run", ""],
    ["run", " "],
    ["run", "."],
    ["run", ".."],
    ["run", "/"],
    ["run", "demo", "demo"],
    ["run", "--dry-run"],
    ["run", "--dry-run", "demo", "--no-such"],
    ["run", "demo", "--dry-run", "--dry-run", "--no-dry-run"],
    ["run", "demo.yaml", "--dry-run"],
    ["run", "small.yaml", "--dry-run", "--set"],
    ["run", "small.yaml", "--dry-run", "--store", "a", "--store", "b"],
    ["run", "small.yaml", "--dry-run", "--set=name=a", "--set=name=b"],
    ["run", "dеmo", "--dry-run"],  # the e is Cyrillic
    ["show"],
    ["show", ""],
    ["show", "."],
    ["show", ".."],
    ["show", "../../etc/passwd"],
    ["show", "/etc/passwd"],
    ["show", "a/b/c"],
    ["show", "*"],
    ["show", LONG],
    ["show", "\udcff"],
    ["show", "line\nbreak"],
    ["show", "s" * 10, "--store", "store"],
    ["show", "x/y-s0", "--store", "store"],
    ["list", "x"],
    ["list", "--store"],
    ["list", "--store", "store", "--store", "empty"],
    ["export"],
    ["export", "x", "--store", "store", "--out", "o.csv"],
    ["export", "", "--store", "store"],
    ["rescan"],
    ["rescan", "x"],
    ["rescan", "", "--store", "store"],
    ["whatif"],
    ["whatif", "x"],
    ["whatif", "x", "y"],
    ["whatif", "", "0", "--store", "store"],
    ["methods", "nothing"],
    ["methods", ""],
    ["methods", LONG],
    ["methods", "\udcff"],
    ["methods", "random", "entropy"],
    ["datasets", "nothing"],
    ["datasets", "check"],
    ["datasets", "check", ""],
    ["datasets", "check", "nothing"],
    ["datasets", "check", "synthetic", "--data", "file"],
    ["datasets", "check", "camvid", "--data", LONG],
    ["datasets", "check", "folder", "--data", "fifo"],
    ["datasets", "check", "\udcff"],
    ["presets", "x"],
    ["presets", ""],
    ["dashboard", "--port", "70000"],
    ["dashboard", "--port", "-1"],
    ["dashboard", "--port", "x"],
    ["dashboard", "--port", ""],
    ["demo", "--port", "70000"],
    ["demo", "--jobs", "0"],
    ["doctor", "x"],
    ["doctor", "--store"],
    *(["run", "small.yaml", "--dry-run", "--set", text] for text in SETS),
    *(["run", "small.yaml", "--dry-run", "--store", path] for path in BAD_FOLDERS),
    *(["run", "small.yaml", "--dry-run", "--data", path] for path in BAD_FOLDERS),
    *(["run", f"{path}.yaml", "--dry-run"] for path in BAD_FOLDERS),
    *(["run", f"./{path}", "--dry-run"] for path in BAD_FOLDERS),
    *(["run", "camvid.yaml", "--dry-run", "--data", path] for path in BAD_FOLDERS),
    *(["list", "--store", path] for path in BAD_FOLDERS),
    *(["show", "x", "--store", path] for path in BAD_FOLDERS),
    *(["show", path, "--store", "store"] for path in BAD_FOLDERS),
    *(["export", "--store", path, "--out", "o.csv"] for path in BAD_FOLDERS),
    *(["export", "--store", "store", "--out", path] for path in BAD_FOLDERS),
    *(["whatif", "x", "0", "--store", path] for path in BAD_FOLDERS),
    *(["whatif", "RUN", "0", "--store", "store", "--csv", path] for path in BAD_FOLDERS),
    *(["run", "small.yaml", "--dry-run", "--jobs", number] for number in NUMBERS),
    *(["whatif", "RUN", number, "--store", "store"] for number in NUMBERS),
    *(["whatif", "RUN", "0", "--store", "store", "--k", number] for number in NUMBERS),
    *(["whatif", "RUN", "0", "--store", "store", "--seed", number] for number in NUMBERS),
    *(
        ["whatif", "RUN", "0", "--store", "store", f"--{option}", text]
        for option in ("score", "aggregation", "units", "selector", "pool-filter", "costs")
        for text in (
            "",
            "nothing",
            "\udcff",
            LONG,
            "count_above:nan",
            "top_mean:inf",
            "information_density:beta=nan",
            "grid:0x0",
            "grid:9999999x2",
            "entropy@odin:temperature=nan",
            "every_nth_frame:1e400",
            "=,=,=",
        )
    ),
    ["whatif", "RUN", "0", "--store", "store", "--csv", "store/index.sqlite"],
    ["export", "--store", "store", "--out", "store"],
    ["export", "--store", "store", "--out", "store/experiments"],
    ["export", "--store", "store", "--out", "store/o.csv"],
    ["export", "--store", "store", "--out", "store/experiments/x/y.csv"],
]
QUICK = 12
"""Every twelfth of them is in the ordinary run."""


@pytest.fixture(scope="module")
def place(shared: SharedStores, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a store, experiment files, and things that are no folders."""
    place = tmp_path_factory.mktemp("place")
    (place / "store").symlink_to(shared.sample())
    (place / "file").write_text("not a folder")
    (place / "empty").mkdir()
    os.mkfifo(place / "fifo")
    (place / "loop").symlink_to("loop")
    (place / "dangling").symlink_to("nowhere")
    (place / "small.yaml").write_text(yaml.safe_dump(SMALL))
    (place / "camvid.yaml").write_text(yaml.safe_dump(SMALL | {"dataset": "camvid"}))
    return place


def check(line: list[str], place: Path, *, warm: bool) -> None:
    from workbench.store import open_store

    run = open_store(place / "store").runs()[0].id
    ended = run_command([run if word == "RUN" else word for word in line], place, warm=warm)
    assert ended.code in {0, 2}, ended
    if ended.code == 2:
        assert_sentence(ended.err)
    else:
        assert "Traceback" not in ended.err


@pytest.mark.parametrize("number", range(0, len(LINES), QUICK))
def test_some_odd_command_lines_end_in_a_sentence(number: int, place: Path) -> None:
    check(LINES[number], place, warm=True)


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(LINES)))
def test_odd_command_lines_end_in_a_sentence(number: int, place: Path) -> None:
    check(LINES[number], place, warm=False)


def test_there_are_enough_of_them() -> None:
    assert len({tuple(line) for line in LINES}) >= 150
