"""No circle between modules: every import counts, also for types and inside functions.

A name imported from a package is an edge to the module that defines it, which the package's
`__init__` names; so an `__init__`'s own imports under TYPE_CHECKING, which say where its lazy names
are, are no edges.
"""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
FILES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
    for package in ("workbench", "dashboard")
    for path in (ROOT / package).rglob("*.py")
}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in FILES.items()}


def imported(tree: ast.AST) -> list[tuple[str, str]]:
    """Return every import in a tree as module and name; the name is empty for `import module`."""
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom)]
    plain = [(a.name, "") for n in found if isinstance(n, ast.Import) for a in n.names]
    of = [(n.module or "", a.name) for n in found if isinstance(n, ast.ImportFrom) for a in n.names]
    return plain + of


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def defining(module: str, name: str) -> str:
    """Return the module that a name imported from a module or package stands in."""
    if f"{module}.{name}" in FILES:
        return f"{module}.{name}"
    sources = {n: m for m, n in imported(TREES[module])} if is_package(module) else {}
    return defining(sources[name], name) if sources.get(name) in FILES else module


def is_package(module: str) -> bool:
    return FILES[module].name == "__init__.py"


def graph() -> dict[str, set[str]]:
    """Return module ► modules it imports."""
    edges: dict[str, set[str]] = {}
    for module, tree in TREES.items():
        own = [n for n in tree.body if not (is_package(module) and is_for_types(n))]
        found = imported(ast.Module(own, []))
        targets = {defining(m, name) for m, name in found if m in FILES}
        edges[module] = {t for t in targets if t != module}
    return edges


def test_no_circle_between_modules() -> None:
    try:
        TopologicalSorter(graph()).prepare()
    except CycleError as error:
        raise AssertionError(" imports ".join(reversed(error.args[1]))) from None
