"""What comes from another distribution is an addition of few files, and runs like ours."""

import filecmp
import shutil
import sys
import textwrap

import pytest
from streamlit.testing.v1 import AppTest

import workbench as wb
from dashboard.guard import Guard
from tests.dashboard.conftest import ROOT as DASHBOARD
from tests.experiments import SMALL
from workbench.acquisition import ACQUISITIONS
from workbench.config import parse_config
from workbench.datasets import DATASETS
from workbench.engine.experiment import run_experiment
from workbench.learning import LEARNERS

CODE = {
    "their_score": """
        def peak(committee):
            return committee.mean_probs.square().sum(dim=1).neg() + 1
        """,
    "their_dataset": """
        import numpy as np
        from workbench.datasets.base import SegmentationDataset
        from workbench.types import DatasetCard

        class Halves(SegmentationDataset):
            card = DatasetCard(
                "halves", ("dark", "bright"), ((0, 0, 0), (255, 255, 255)), 255,
                {"train": 4, "val": 2}, "a test",
            )
            splits = ("train", "val")

            def keys(self, split):
                return [f"{split}{number}" for number in range(self.card.splits[split])]

            def size(self, split, key):
                return (32, 48)

            def frame(self, split, key):
                return None

            def read_image(self, split, key):
                return np.repeat(40 + 170 * self.read_mask(split, key)[..., None], 3, axis=2)

            def read_mask(self, split, key):
                mask = np.zeros((32, 48), np.uint8)
                mask[:, 12 + 6 * int(key[-1]) :] = 1
                return mask
        """,
    "their_learner": """
        from workbench.learning import LEARNERS

        class Brief:
            view = "image"

            def __init__(self):
                self._one = LEARNERS.bind("supervised:epochs=1,batch_size=1").call()

            def steps(self, samples):
                return self._one.steps(samples)

            def fit(self, task):
                return self._one.fit(task)
        """,
}
ENTRIES = {
    "their_score": """
        from workbench.acquisition import AcquisitionEntry
        ENTRIES = AcquisitionEntry(
            "peak", "their_score:peak", "Gini impurity.", source="a test",
            upper=lambda classes, members: 1 - 1 / classes, unit="probability",
        )
        """,
    "their_dataset": """
        from workbench.datasets import DatasetEntry
        ENTRIES = DatasetEntry("halves", "their_dataset:Halves", "Two halves.", source="a test")
        """,
    "their_learner": """
        from workbench.learning import LearnerEntry
        ENTRIES = LearnerEntry("brief", "their_learner:Brief", "One pass.", source="a test")
        """,
}
REGISTRIES = {"their_score": ACQUISITIONS, "their_dataset": DATASETS, "their_learner": LEARNERS}


@pytest.fixture
def add(from_outside, tmp_path, monkeypatch):
    """Return a function that installs an addition and returns how many files it has."""

    def install(name):
        before = set(tmp_path.glob("*.py"))
        (tmp_path / f"{name}.py").write_text(textwrap.dedent(CODE[name]))
        monkeypatch.delitem(sys.modules, name, raising=False)
        from_outside(REGISTRIES[name], ENTRIES[name])
        return len(set(tmp_path.glob("*.py")) - before)

    return install


def test_a_score_a_dataset_and_a_learner_are_two_files_each_and_make_an_experiment(add, tmp_path):
    assert [add(name) for name in CODE] == [2, 2, 2]
    values = {
        **SMALL,
        "name": "theirs",
        "dataset": "halves",
        "learner": "brief",
        "methods": [{"name": "impure", "score": "peak"}],
        "budget": {"initial": 4, "per_cycle": 2, "cycles": 2},
        "scan": {"batch_size": 4},
    }
    run_experiment(parse_config(values), tmp_path / "store", tmp_path / "data")
    (run,) = wb.open_store(tmp_path / "store").runs()
    cycle = run.cycle(0)
    scores = cycle.unit_scores("peak")
    assert scores.between(0, 0.5).all()
    assert cycle.selected.tolist() == wb.whatif(cycle).tolist()
    assert scores[cycle.selected].min() >= scores.drop(cycle.selected).max()
    assert cycle.score_range("peak") == (0.0, 0.5, "probability")
    assert len(run.cycle(1).labelled) == 6
    assert run.experiment.card.classes == ("dark", "bright")


PAGE = """
import streamlit as st
st.caption("Their page.")
"""


def test_a_page_is_a_file_and_a_line_beside_its_test(tmp_path, monkeypatch):
    """With its test three files: those here open every page that the navigation lists."""
    ours = shutil.copytree(DASHBOARD, tmp_path / "dashboard")
    (ours / "app_pages" / "theirs.py").write_text(PAGE)
    frame = ours / "app.py"
    line = 'PAGES = [\n    PageEntry("theirs", "Theirs", ":material/star:", "Their page."),'
    frame.write_text(frame.read_text().replace("PAGES = [", line))
    compared = filecmp.dircmp(DASHBOARD, ours, ignore=["__pycache__"])
    changed = [*compared.diff_files, *compared.right_only]
    changed += compared.subdirs["app_pages"].diff_files + compared.subdirs["app_pages"].right_only
    assert changed == ["app.py", "theirs.py"]
    monkeypatch.setattr(Guard, "stands", True)
    app = AppTest.from_file(str(frame), default_timeout=30)
    app.switch_page("app_pages/theirs.py")
    app.run()
    assert not app.exception
    assert [title.value for title in app.title] == ["Theirs"]
