"""The registry: names, settings and their errors."""

import pytest

from workbench.errors import ConfigError
from workbench.registry import Entry, Param, Registry


@pytest.fixture
def registry():
    made = Registry("shape", "workbench.test_shapes", Entry)
    made.add(
        Entry("dot", "builtins:dict", "A point."),
        Entry(
            "box",
            "builtins:dict",
            "A box.",
            params=(
                Param("rows", "int", low=1, help="rows"),
                Param("columns", "int", 3, low=1, high=9),
                Param("mode", "str", "plain", choices=("plain", "fancy")),
            ),
        ),
        Entry("list", "builtins:dict", "A list.", params=(Param("names", "strs", ("a",)),)),
    )
    return made


def test_spec_string_gives_values_in_the_order_of_the_parameters(registry):
    assert registry.bind("box:2,4").options == {"rows": 2, "columns": 4, "mode": "plain"}
    assert registry.bind("box:2x4").options == {"rows": 2, "columns": 4, "mode": "plain"}
    assert registry.bind("box:rows=2,mode=fancy").options["mode"] == "fancy"
    assert registry.bind("list:a+b").options == {"names": ("a", "b")}


def test_mapping_and_string_mean_the_same(registry):
    assert registry.bind({"name": "box", "rows": 2, "columns": 4}) == registry.bind("box:2,4")


def test_key_names_what_differs_from_the_defaults(registry):
    assert registry.bind("dot").key == "dot"
    assert registry.bind("box:2,3").key == "box:rows=2"
    assert registry.bind(registry.bind("box:2,4").key) == registry.bind("box:2,4")
    assert registry.bind(registry.bind("list:a+b").key) == registry.bind("list:a+b")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("bx", "did you mean 'box'"),
        ("box", "needs a value for rows"),
        ("box:zero", "wanted a whole number"),
        ("box:0", "wanted a value from 1"),
        ("box:1,10", "up to 9"),
        ("box:1,2,fancyy", "did you mean 'fancy'"),
        ("box:1,2,plain,4", "takes 3"),
        ({"name": "box", "rows": 1, "colums": 2}, "did you mean 'columns'"),
        ({"rows": 1}, "without a name"),
    ],
)
def test_what_does_not_fit_is_one_clear_sentence(registry, spec, words):
    with pytest.raises(ConfigError, match=words) as caught:
        registry.bind(spec)
    assert "\n" not in str(caught.value)


def test_a_name_cannot_be_registered_twice(registry):
    with pytest.raises(ConfigError, match="registered already"):
        registry.add(Entry("dot", "builtins:list", "Another."))


def test_the_implementation_is_imported_at_first_use_only(registry):
    registry.add(Entry("ghost", "no_such_module:thing", "Not importable."))
    assert registry.bind("ghost").name == "ghost"
    with pytest.raises(ModuleNotFoundError):
        registry.get("ghost")
