"""Made-up distributions whose entry points fail in every way that can be told."""

from __future__ import annotations

import textwrap
from pathlib import Path

GROUP = "workbench.acquisition"

GOOD = """
    from workbench.acquisition import AcquisitionEntry

    def entry(name, **more):
        given = {"target": "theirs:score", "summary": "Theirs.", "unit": "spots"} | more
        return AcquisitionEntry(name=name, upper=lambda c, m: float(c), **given)
    """

BROKEN = {  # what the module of the entry point does ► what the warning says
    "raises": ("1 / 0", "ZeroDivisionError: division by zero"),
    "does_not_import": ("import no_such_module_anywhere", "no_such_module_anywhere"),
    "does_not_compile": ("def (", "SyntaxError"),
    "exits": ("raise SystemExit(0)", "it called sys.exit"),
    "calls_exit": ("import sys; sys.exit('gone')", "it called sys.exit"),
    "has_no_entries": ("", "AttributeError"),
    "own_exception": ("class End(BaseException): pass\nraise End('of it')", "End: of it"),
    "error_that_cannot_be_told": (
        "class Mute(Exception):\n    def __str__(self): raise ValueError\nraise Mute",
        "Mute",
    ),
    "long_error": ("raise ValueError('x\\x1b[2J\\n' * 9999)", "ValueError: x"),
    "recursion": ("def go(): go()\ngo()", "RecursionError"),
    "nothing": ("ENTRIES = None", "as a NoneType"),
    "a_text": ("ENTRIES = 'entropy'", "as a str"),
    "a_generator": ("ENTRIES = (entry(f'g{n}') for n in range(3))", "as a generator"),
    "a_class": ("ENTRIES = AcquisitionEntry", "as a type"),
    "a_bare_entry": (
        "from workbench.registry import Entry\nENTRIES = Entry('bare', 'theirs:score', 'B.')",
        "wanted an AcquisitionEntry",
    ),
    "one_of_three": ("ENTRIES = [entry('fine'), None, entry('well')]", "as a NoneType"),
    "taken_name": ("ENTRIES = entry('entropy')", "'entropy' is registered already"),
    "twice": ("ENTRIES = [entry('two'), entry('two')]", "'two' is registered already"),
    "no_name": ("ENTRIES = entry('')", "is no name"),
    "odd_name": ("ENTRIES = entry('a:b,c=../d')", "is no name"),
    "long_name": ("ENTRIES = entry('n' * 300)", "is no name"),
    "number_for_name": ("ENTRIES = entry(5)", "name of an entry has a wrong type"),
    "no_target": ("ENTRIES = entry('x', target=None)", "target of an entry has a wrong type"),
    "wrong_params": ("ENTRIES = entry('x', params=('size',))", "params of an entry has a wrong"),
    "wrong_default": (
        "from workbench.registry import Param\n"
        "ENTRIES = entry('x', params=(Param('size', 'int', 'much'),))",
        "size",
    ),
    "wrong_upper": (
        "ENTRIES = AcquisitionEntry('x', 'theirs:score', 'T.', upper=3, unit='')",
        "upper of an entry has a wrong type",
    ),
    "endless": (
        "import itertools\n"
        "class Endless(list):\n    def __iter__(self): return itertools.count()\n"
        "ENTRIES = Endless()",
        "over 1000 entries",
    ),
    "many": ("ENTRIES = [entry(f'm{n}') for n in range(1001)]", "over 1000 entries"),
}

METADATA = {  # files of a distribution that cannot be read ► its name in the warning
    "entry_points.txt, a line without a value": {"entry_points.txt": f"[{GROUP}]\nx\n"},
    "entry_points.txt, not text": {"entry_points.txt": b"\xff\xfe\x00[workbench\xff"},
}


def install(folder: Path, name: str, source: str, group: str = GROUP) -> None:
    """Write a distribution of one module, whose ``ENTRIES`` a registry finds."""
    head = textwrap.dedent(GOOD)
    (folder / f"{name}.py").write_text(head + textwrap.dedent(source), encoding="utf-8")
    points = f"[{group}]\nx = {name}:ENTRIES\n"
    install_metadata(folder, name, {"entry_points.txt": points})


def install_metadata(folder: Path, name: str, files: dict[str, str | bytes]) -> None:
    """Write the metadata of a distribution; ``files`` replace or add to sound ones."""
    metadata = folder / f"{name}-1.0.dist-info"
    metadata.mkdir()
    sound = {"METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"}
    for file, content in (sound | files).items():
        data = content if isinstance(content, bytes) else content.encode()
        (metadata / file).write_bytes(data)
