"""``benchmarks/mutants.py``: what it changes, what it leaves alone, and what it says of a tree."""

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

from benchmarks.mutants import ROOT, known_equivalents
from benchmarks.mutation.choose import read_record
from benchmarks.mutation.places import places_of


def changed(source):
    """The lines that mutants of a module's text have in place of its own, in order."""
    places = places_of("module.py", textwrap.dedent(source))
    return [mutant.after for place in places for mutant in place]


def test_operators_and_small_numbers_are_changed_one_at_a_time():
    assert changed("def f(a):\n    return a[1:] + 7\n") == [
        "return a[2:] + 7",
        "return a[0:] + 7",
        "return a[1:] - 7",
        "return a[1:] + 8",
        "return a[1:] + 6",
    ]
    assert changed("x = a <= b < c") == ["x = a < b < c", "x = a <= b <= c"]
    assert changed("x = a and not b") == ["x = a or not b", "x = a and b"]
    assert changed("x = (a) is not (b)") == ["x = (a) is (b)"]
    assert changed("x = y.min(axis=0)") == ["x = y.max(axis=0)", "x = y.min(axis=1)"]
    assert changed("def f(a=True): a -= b") == ["def f(a=False): a -= b", "def f(a=True): a += b"]
    assert changed("x = 'é', a * b") == ["x = 'é', a / b"]
    assert changed("x = y[:k]") == ["x = y[:]"]
    assert changed("x = 0.5") == ["x = 1.0", "x = 0.25"]


def test_what_no_behaviour_depends_on_is_left_alone():
    source = '''
        """Not 1 < 2."""

        if TYPE_CHECKING:
            LIMIT = 1
        Number = int | float

        @dataclass(frozen=True)
        class Thing:
            size: Literal[1, 2]

            def __repr__(self):
                return self.size + 1

        def check(x: tuple[int, 0]) -> Literal[1]:
            warnings.warn("two", stacklevel=2)
            for a, b in zip(x, x, strict=True):
                raise ValueError(f"{a + 1}" + str(1))
            return Param(help="a" if b else "c", text=f"{x + 1}", block=65536)
    '''
    assert changed(source) == []


def test_every_mutant_is_a_module_and_no_line_moves():
    source = (ROOT / "workbench" / "units" / "window.py").read_text(encoding="utf-8")
    mutants = [mutant for place in places_of("window.py", source) for mutant in place]
    assert len(mutants) > 30
    for mutant in mutants:
        text = mutant.apply(source)
        compile(text, "window.py", "exec")
        differ = [
            n
            for n, pair in enumerate(zip(source.split("\n"), text.split("\n"), strict=True), 1)
            if pair[0] != pair[1]
        ]
        assert differ == [mutant.line]


def test_what_is_known_to_change_no_behaviour_is_still_there():
    """An entry whose line was changed is looked at again or removed."""
    drawn = {
        (file, mutant.before, mutant.after)
        for file in {file for file, _, _ in known_equivalents(ROOT)}
        for place in places_of(file, (ROOT / file).read_text(encoding="utf-8"))
        for mutant in place
    }
    assert set(known_equivalents(ROOT)) <= drawn


MADE_UP = {
    "workbench/__init__.py": "",
    "workbench/acquisition/__init__.py": "",
    "workbench/acquisition/_sums.py": """
        def half(n):
            return n // 2

        def larger(a, b):
            return a if a > b else b

        def untested(n):
            return -n
    """,
    "tests/__init__.py": "",
    "tests/experiments.py": """
        class SharedStores:
            def _once(self): ...
    """,
    "tests/acquisition/__init__.py": "",
    "tests/acquisition/test_sums.py": """
        from workbench.acquisition._sums import half, larger

        def test_half():
            assert half(9) == 4

        def test_larger():
            assert (larger(1, 2), larger(2, 1), larger(1, 1)) == (2, 2, 1)
    """,
    "benchmarks/mutation/equivalent.yaml": """
        - file: workbench/acquisition/_sums.py
          line: return a if a > b else b
          mutant: return a if a >= b else b
          why: of equal ones either is the larger
    """,
}


def write_made_up(root: Path) -> None:
    """Write a tree with one module and its tests, and this tree's script."""
    for name, text in MADE_UP.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    for path in (ROOT / "benchmarks" / "mutation").glob("*.py"):
        (root / "benchmarks" / "mutation" / path.name).write_bytes(path.read_bytes())


def test_what_the_cache_knows_of_tests_that_are_gone_is_left_out(tmp_path):
    (tmp_path / "cache").mkdir()
    gone = "tests/acquisition/test_gone.py"
    known = {"lines": {}, "uses": {}, "seconds": {f"{gone}::test_it": 1.0}, "modules": []}
    cached = {gone: {**known, "digests": {gone: "0"}}}
    (tmp_path / "cache" / "acquisition.json").write_text(json.dumps(cached), encoding="utf-8")
    assert read_record(tmp_path, ["acquisition"], tmp_path / "cache").seconds == {}


def test_a_made_up_tree(tmp_path):
    """Caught, known to change nothing, or survived; the tree itself is left as it is."""
    write_made_up(tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in MADE_UP}
    command = [sys.executable, "-m", "benchmarks.mutants", "--root", str(tmp_path), "--jobs", "2"]
    options = ["--packages", "acquisition", "--number", "9"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [*command, *options], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    ends = dict(line.split("  ")[:2] for line in ended.stdout.splitlines() if ".py:" in line)
    sums = "workbench/acquisition/_sums.py"
    places = {f"{sums}:{line}": end for line, end in ((3, "caught"), (6, "no behaviour"))}
    assert ends == {**places, f"{sums}:9": "survived"}
    assert "4 mutants: 2 caught, 1 survived, 1 known to change no behaviour" in ended.stdout
    assert "caught of those that may change behaviour: 66.7%" in ended.stdout
    assert {name: (tmp_path / name).read_bytes() for name in MADE_UP} == before
