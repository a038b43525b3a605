"""What an experiment stores beside its runs: the chosen initial set, vectors before training."""

import numpy as np
import pytest

from tests.store.parts import CHOICE, INITIAL, KEY, write_parts
from workbench.store import open_store
from workbench.store.writer import open_experiment
from workbench.types import unit_ids


@pytest.fixture
def experiment(shared):
    store = shared.made("parts", write_parts)
    return open_experiment(store, open_store(store).experiments()[0].id)


def test_a_choice_is_read_as_it_was_written(experiment):
    assert experiment.choice(KEY) == CHOICE
    assert experiment.choice("s1-made") is None
    assert experiment.record.has_choice(KEY)
    assert not experiment.record.has_choice("s1-made")


def test_vectors_before_training_are_read_as_they_were_written(experiment):
    assert experiment.untrained("s1-made", INITIAL) is None
    found = experiment.untrained(KEY, INITIAL, unit_ids(0, [1]))
    ids = experiment.record.geometry.unit_ids
    assert found.unit_ids.tolist() == ids.tolist()
    assert found.vectors.tolist() == np.eye(len(ids), 3).tolist()
    assert found.unit_ids[found.labelled].tolist() == unit_ids(0, [1]).tolist()
    assert experiment.has_untrained(KEY, INITIAL)
    assert not experiment.has_untrained("s1-made", INITIAL)
