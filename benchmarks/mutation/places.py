"""Finds what can be changed in a module: an operator, a small number, a name with an opposite.

A mutant changes one token, so that no line moves. Not drawn is what no behaviour can depend on and
the syntax tree shows it: annotations, docstrings, messages of errors and warnings, ``__repr__``,
what only type checkers read, help texts, cache sizes, promises such as ``strict=True``.
"""

from __future__ import annotations

import ast
import io
import tokenize
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

OPERATORS = {
    "+": "-",
    "-": "+",
    "*": "/",
    "/": "*",
    "//": "*",
    "%": "//",
    "**": "*",
    "&": "|",
    "|": "&",
    "^": "&",
    "<<": ">>",
    ">>": "<<",
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "==": "!=",
    "!=": "==",
    "is": "is not",
    "is not": "is",
    "in": "not in",
    "not in": "in",
    "and": "or",
    "or": "and",
}
OPPOSITES = [
    ("min", "max"),
    ("minimum", "maximum"),
    ("argmin", "argmax"),
    ("floor", "ceil"),
    ("any", "all"),
    ("zeros", "ones"),
    ("zeros_like", "ones_like"),
    ("union1d", "intersect1d"),
    ("logical_and", "logical_or"),
    ("amin", "amax"),
]
NAMES = {**dict(OPPOSITES), **{b: a for a, b in OPPOSITES}}
SMALL = 10
"""Largest number that is changed; larger ones are sizes of blocks and caches, or of things whose
exact size nothing can depend on."""

_SILENT_KEYWORDS = frozenset(
    {"strict", "copy", "maxsize", "check", "stacklevel", "indent"}
    | {"help", "summary", "source", "label", "formula", "unit", "doc"}
)
"""Arguments that only promise something, cost memory or time, or are read by people."""

_SILENT_CALLS = frozenset(
    ["warn", "debug", "info", "warning", "exception", "dataclass", "lru_cache", "TypeVar"]
)
_SILENT_FUNCTIONS = frozenset(["__repr__", "__str__"])


@dataclass(frozen=True)
class Mutant:
    """One change of one token.

    Attributes:
        file: relative to the root of the tree.
        line: number of the line, from 1.
        text: the line as it is.
        start: first column of the token in the line.
        end: column behind it.
        new: what stands there instead.
        statement: first and last line of the statement, or of its head if it has a body.
        at_import: whether it runs when the module is imported, before any test.
    """

    file: str
    line: int
    text: str
    start: int
    end: int
    new: str
    statement: tuple[int, int]
    at_import: bool

    @property
    def before(self) -> str:
        """The line as it is, without indentation."""
        return self.text.strip()

    @property
    def after(self) -> str:
        """The line with the change, without indentation."""
        return self._changed(self.text).strip()

    def apply(self, source: str) -> str:
        """Return the module's source with the change."""
        lines = source.splitlines(keepends=True)
        lines[self.line - 1] = self._changed(lines[self.line - 1])
        return "".join(lines)

    def _changed(self, line: str) -> str:
        return line[: self.start] + self.new + line[self.end :]


def places_of(file: str, text: str) -> list[list[Mutant]]:
    """Return the places of a module in order, each with the changes that can be made there."""
    finder = _Finder(file, text)
    finder.visit(ast.parse(text))
    return [finder.found[place] for place in sorted(finder.found)]


class _Finder(ast.NodeVisitor):
    """Walks through a module and keeps the changes by place."""

    def __init__(self, file: str, text: str) -> None:
        self.found: dict[tuple[int, int], list[Mutant]] = {}
        self._file = file
        self._lines = text.splitlines()
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        self._tokens = [t for t in tokens if t.type in (tokenize.OP, tokenize.NAME)]
        self._starts = [token.start for token in self._tokens]
        self._statement = (1, 1)
        self._depth = 0  # of functions

    # what is looked at

    def visit(self, node: ast.AST) -> None:
        """Visit a node; a statement is where its tokens belong."""
        before = self._statement
        if isinstance(node, ast.stmt):
            self._statement = _head(node)
        super().visit(node)
        self._statement = before

    def generic_visit(self, node: ast.AST) -> None:
        """Visit what is inside a node, but for annotations."""
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    self.visit(child)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Visit defaults, which run where the function is defined, then the body."""
        if node.name in _SILENT_FUNCTIONS:
            return
        for part in [*node.decorator_list, node.args]:
            self.visit(part)
        self._deeper(node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Visit a function without a name; it runs when it is called."""
        before, self._statement = self._statement, (node.lineno, node.end_lineno or node.lineno)
        self.visit(node.args)
        self._deeper([node.body])
        self._statement = before

    def _deeper(self, nodes: list[Any]) -> None:
        self._depth += 1
        for node in nodes:
            self.visit(node)
        self._depth -= 1

    def visit_If(self, node: ast.If) -> None:
        """Visit an ``if``, unless only type checkers read it."""
        if not (isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"):
            self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        """Pass over errors: they are messages."""

    def visit_Assert(self, node: ast.Assert) -> None:
        """Pass over assertions: they tell type checkers something."""

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Pass over texts with values in them."""

    def visit_Call(self, node: ast.Call) -> None:
        """Visit a call, unless it only tells people something."""
        name = _name(node.func)
        if name in _SILENT_CALLS or name.endswith("Error"):
            return
        if name in NAMES:
            self._rename(node.func, name)
        self.generic_visit(node)

    def visit_keyword(self, node: ast.keyword) -> None:
        """Visit an argument, unless nothing depends on it."""
        if node.arg not in _SILENT_KEYWORDS:
            self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """Visit the value alone."""
        if node.value is not None:
            self.visit(node.value)

    # what is changed

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """Change an operator; ``|`` outside of functions joins types, and texts have one only."""
        texts = _is_text(node.left) or _is_text(node.right)
        if self._depth or not isinstance(node.op, ast.BitOr):
            if not texts:
                self._operator(node.left, node.right)
            self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        """Change ``and`` and ``or``."""
        for left, right in pairwise(node.values):
            self._operator(left, right)
        self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        """Change a comparison."""
        for left, right in pairwise([node.left, *node.comparators]):
            self._operator(left, right)
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """Change ``+=`` and its like."""
        for token in self._between(node.target, node.value):
            if token.string[:-1] in OPERATORS and token.string.endswith("="):
                self._add(token.start, token.end, OPERATORS[token.string[:-1]] + "=")
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        """Leave out ``not``, ``-`` and ``~``."""
        length = {ast.Not: len("not "), ast.USub: 1, ast.Invert: 1}.get(type(node.op))
        if length:
            line, column = self._start(node)
            self._add((line, column), (line, column + length), "")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Change a small number or a truth value."""
        if node.lineno == node.end_lineno:
            for new in _other_values(node.value):
                self._add(self._start(node), self._end(node), new)

    def visit_Slice(self, node: ast.Slice) -> None:
        """Leave out a bound that is a name."""
        for bound in (node.lower, node.upper):
            if isinstance(bound, ast.Name):
                self._add(self._start(bound), self._end(bound), "")
        self.generic_visit(node)

    def _rename(self, function: ast.expr, name: str) -> None:
        line, end = self._end(function)
        self._add((line, end - len(name)), (line, end), NAMES[name])

    def _operator(self, left: ast.expr, right: ast.expr) -> None:
        tokens = [t for t in self._between(left, right) if t.string not in ("(", ")", ",")]
        text = " ".join(t.string for t in tokens)
        if text in OPERATORS and tokens[0].start[0] == tokens[-1].end[0]:
            self._add(tokens[0].start, tokens[-1].end, OPERATORS[text])

    def _add(self, start: tuple[int, int], end: tuple[int, int], new: str) -> None:
        line, text = start[0], self._lines[start[0] - 1]
        mutant = Mutant(
            self._file, line, text, start[1], end[1], new, self._statement, not self._depth
        )
        self.found.setdefault(start, []).append(mutant)

    # where it stands

    def _between(self, left: ast.expr, right: ast.expr) -> list[tokenize.TokenInfo]:
        first, last = (
            bisect_left(self._starts, at) for at in (self._end(left), self._start(right))
        )
        return self._tokens[first:last]

    def _start(self, node: Any) -> tuple[int, int]:
        return node.lineno, self._column(node.lineno, node.col_offset)

    def _end(self, node: Any) -> tuple[int, int]:
        return node.end_lineno, self._column(node.end_lineno, node.end_col_offset)

    def _column(self, line: int, offset: int) -> int:
        """Return the column of an offset, which the syntax tree counts in bytes."""
        return len(self._lines[line - 1].encode()[:offset].decode())


def _head(node: ast.stmt) -> tuple[int, int]:
    """Return the lines of a statement, without those of its body."""
    body = getattr(node, "body", None)
    if body:
        return node.lineno, max(node.lineno, body[0].lineno - 1)
    return node.lineno, node.end_lineno or node.lineno


def _name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def _is_text(node: ast.expr) -> bool:
    """Return whether an operand is a text: a path is joined, and each change raises an error."""
    constant = isinstance(node, ast.Constant) and isinstance(node.value, str)
    return constant or isinstance(node, ast.JoinedStr)


def _other_values(value: object) -> list[str]:
    if isinstance(value, bool):
        return [str(not value)]
    if isinstance(value, int) and value <= SMALL:
        return [str(value + 1), str(value - 1)] if value else ["1"]
    if isinstance(value, float) and 0.01 <= value <= SMALL:
        return [str(value * 2), str(value / 2)]
    return ["1.0"] if isinstance(value, float) and not value else []
