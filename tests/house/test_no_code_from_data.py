"""Nothing that is read can run code: the calls that could do it do not occur."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FILES = sorted(
    file for folder in ("workbench", "dashboard") for file in (ROOT / folder).rglob("*.py")
)
MODULES = frozenset({"pickle", "cPickle", "dill", "cloudpickle", "marshal", "shelve", "joblib"})
CALLS = frozenset(
    {"eval", "exec", "compile", "os.system", "os.popen", "yaml.load", "yaml.unsafe_load"}
    | {"yaml.full_load", "pd.read_pickle", "np.loads", "pandas.read_pickle", "runpy.run_path"}
)


def faults(tree: ast.AST) -> Iterator[str]:
    """Yield what may run code that comes with data."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name.partition(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] in MODULES:
            yield f"from {node.module}"
        elif isinstance(node, ast.Call):
            yield from _faults_of_call(node)


def _faults_of_call(call: ast.Call) -> Iterator[str]:
    name = ast.unparse(call.func)
    said = {keyword.arg: ast.unparse(keyword.value) for keyword in call.keywords}
    if name in CALLS:
        yield name
    if said.get("shell", "False") != "False" or said.get("allow_pickle", "False") != "False":
        yield f"{name} with shell or allow_pickle"
    if name == "torch.load" and said.get("weights_only") != "True":
        yield "torch.load without weights_only"
    if name in {"np.load", "numpy.load"} and said.get("allow_pickle") != "False":
        yield "np.load that does not refuse pickles"
    if name.endswith("zarr.open_array") and said.get("zarr_format") != "3":
        yield "zarr.open_array of any format"


def test_no_file_runs_what_it_reads() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {fault}"
        for file in FILES
        for fault in faults(ast.parse(file.read_text(encoding="utf-8")))
    ]
    assert len(FILES) > 200
    assert not found


@pytest.mark.parametrize(
    "line",
    [
        "import pickle",
        "from pickle import loads",
        "import joblib.numpy_pickle",
        "eval(text)",
        "exec(text)",
        "yaml.load(text, yaml.Loader)",
        "np.load(path)",
        "np.load(path, allow_pickle=True)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "subprocess.run(line, shell=True)",
        "zarr.open_array(path)",
    ],
)
def test_the_search_finds_what_it_should(line: str) -> None:
    assert list(faults(ast.parse(line)))


@pytest.mark.parametrize(
    "line", ["model.eval()", "re.compile(text)", "np.load(path, allow_pickle=False)"]
)
def test_and_nothing_else(line: str) -> None:
    assert not list(faults(ast.parse(line)))
