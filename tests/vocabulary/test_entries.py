"""Each registry has its entry type; what comes from outside is held to it too."""

import pytest

from tests.house.test_docs import REGISTRIES
from workbench.acquisition import ACQUISITIONS
from workbench.errors import BrokenPluginWarning, ConfigError
from workbench.methods import METHODS, MethodEntry
from workbench.projection import PROJECTIONS
from workbench.registry import Entry
from workbench.scoring.scores import parse_score
from workbench.selection import SELECTORS, SelectorEntry

ALL = (*REGISTRIES, PROJECTIONS)


@pytest.mark.parametrize("registry", ALL, ids=lambda r: r.kind)
def test_every_registry_refuses_entries_of_another_type_in_one_sentence(registry):
    assert registry.entry_type is not Entry
    wanted = rf"wanted an? {registry.entry_type.__name__} of workbench\."
    assert all(isinstance(entry, registry.entry_type) for entry in registry)
    for wrong in (Entry("theirs", "builtins:dict", "Theirs."), {"name": "theirs"}):
        with pytest.raises(ConfigError, match=wanted) as caught:
            registry.add(wrong)
        assert "\n" not in str(caught.value)
    assert "theirs" not in registry


def test_entries_that_are_refused_leave_nothing_behind():
    good = SelectorEntry("theirs", "builtins:dict", "Theirs.")
    with pytest.raises(ConfigError):
        SELECTORS.add(good, Entry("plain", "builtins:dict", "Plain."))
    with pytest.raises(ConfigError, match="registered already"):
        SELECTORS.add(good, good)
    assert "theirs" not in SELECTORS


def test_an_entry_from_outside_of_another_type_is_left_out_and_told_once(from_outside):
    from_outside(
        ACQUISITIONS,
        """
        from workbench.registry import Entry
        ENTRIES = Entry("theirs", "theirs:score", "Theirs.")
        """,
    )
    wanted = r"left out.*wanted an AcquisitionEntry of workbench\.acquisition"
    with pytest.warns(BrokenPluginWarning, match=wanted) as told:
        names = ACQUISITIONS.names()
    assert "theirs" not in names
    assert "entropy" in names
    assert ACQUISITIONS.names() == names
    assert len(told) == 1


def test_an_acquisition_function_from_outside_brings_its_range_and_unit(from_outside):
    from_outside(
        ACQUISITIONS,
        """
        from workbench.acquisition import AcquisitionEntry
        ENTRIES = [
            AcquisitionEntry(
                "theirs", "theirs:score", "Theirs.", upper=lambda c, m: c * m, unit="spots"
            )
        ]
        """,
    )
    score = parse_score("theirs@mc_dropout:7")
    assert score.range(5) == (0.0, 35.0)
    assert score.unit == "spots"


def test_what_ranks_begins_a_longer_ranking_alike():
    assert SelectorEntry("theirs", "builtins:dict", "Theirs.", ranks=True).prefix
    assert not SelectorEntry("theirs", "builtins:dict", "Theirs.").prefix


def test_a_method_is_written_as_an_experiment_would():
    entry = MethodEntry(
        "theirs", summary="Theirs.", score="margin", embedding={"tap": "decoder"}, costs="area"
    )
    assert entry.parts == {
        "score": "margin",
        "aggregation": "mean",
        "selector": "top_k",
        "costs": "area",
        "embedding": {"tap": "decoder"},
    }
    assert METHODS.entry("random").parts == {
        "score": None,
        "aggregation": "mean",
        "selector": "random",
    }
