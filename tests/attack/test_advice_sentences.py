"""Every sentence that advises what to do with stored work has a test that does it."""

import ast
import errno
import os
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from workbench.cli import _doctor
from workbench.errors import DatasetError, StoreError
from workbench.geometry.images import Images
from workbench.geometry.unit_maps import UnitMaps
from workbench.store import create_store, open_store, schema

ROOT = Path(__file__).parents[2]
ADVICE = re.compile(
    r"same (command|`workbench)|`workbench (repair|rescan|whatif|run|prune)`"
    r"|(with|choose a) (--store|\{\}$|\{\} you)|choose another \{\}|another --store"
    r"|[Ss]et aside|[Tt]ry again|[Rr]un( it| the experiment)? again"
    r"|another name|[Rr]esumes|goes on|restore|(or|;) stop it|Resume\b"
)
"""What a sentence about stored work advises; a new way to say it belongs here."""

CASES = {
    # workbench/
    "export a cycle that did, or run the": "tests.exporters.test_onnx:test_a_cycle_without_weights",
    "is the database of another program": "tests.exporters.test_mlflow:test_what_is_no_mlflow",
    "cannot be written as an MLflow store": "tests.exporters.test_mlflow:test_what_is_no_mlflow",
    "the same `workbench run` trains again": "tests.cli.test_repair:test_what_is_set_aside_and",
    "runs wait for labels": "tests.engine.test_later_labels:test_a_run_waits_for_its_labels_and",
    "Stopping; what was finished stays": "tests.attack.test_stopping:test_workers_end_in_time_and",
    "changed since the dataset was opened": "tests.engine.test_decoded:test_what_changes_while_it",
    "or decode them at each use": "tests.engine.test_decoded:test_no_room_is_refused_before_anyth",
    "; free some or choose another --store": "test_the_doctor_advises_another_store",
    "keeps no unit table": "tests.engine.test_light:test_the_results_are_those_of_cycles_that_keep",
    "keeps no embeddings": "tests.engine.test_light:test_the_results_are_those_of_cycles_that_keep",
    "The report points of the run": "tests.engine.test_report:test_how_they_are_trained_does_not",
    "name or restore that one (--data)": "tests.engine.test_dataset_digest:test_the_same_data_els",
    "the same command resumes it": "tests.attack.test_stopping:test_what_was_stopped_anywhere_goes",
    "the same command trains that network": "tests.engine.test_references:test_added_to_a_finished",
    "A worker process ended": "tests.attack.test_kills:test_killed_again_and_again_it_ends_as_if",
    "so training cannot go on": "tests.engine.test_learning_from_outside:test_the_cycle_before",
    "training it again gave different": "tests.attack.test_advice:test_set_keep_weights_to_all",
    "do not hold their labelled sets' classes": "tests.figures.test_class_distribution:test_cycles",
    "keeps no score maps; `workbench rescan`": "tests.attack.test_advice:test_rescan_adds_the_maps",
    "when the experiment was started; restore it": "test_an_image_of_another_size_is",
    "its units follow the content": "tests.geometry.test_tables:test_an_image_that_was_replaced",
    "run it again with that embedding": "tests.store.test_reading:test_embeddings_of_another_kind",
    "that come first are not there yet": "tests.engine.test_later_labels:test_a_run_waits_for_its",
    "run the experiment again with that embedding": "tests.store.test_reading:test_embeddings_of_",
    "then run again": "tests.attack.test_advice:test_give_what_it_is_now_another_name",
    "with --scores": "tests.attack.test_advice:test_rescan_adds_the_maps_that_were_not_kept",
    "`workbench rescan` adds it": "tests.attack.test_advice:test_rescan_adds_the_maps",
    "name its rider in a method": "tests.engine.test_rider_columns:test_a_method_ranks",
    "`workbench whatif` computes": "tests.attack.test_advice:test_whatif_computes_a_unit_score",
    "the same `workbench run` goes on": "tests.attack.test_repair:test_a_repaired_store_ends_as",
    "Set aside as damaged": "tests.attack.test_repair:test_a_repair_sets_aside_what_is_damaged",
    "A damaged selection of cycle": "tests.attack.test_repair:test_a_repair_sets_aside_what_is",
    "`workbench run` with the experiment's own file": "tests.attack.test_repair:test_a_repaired",
    "check the disk, then run": "tests.attack.test_advice:test_free_disk_space_or_choose_another",
    "cannot be written ({}); choose another {}": "test_a_path_that_cannot_be_is_given_anew",
    "There is no room to write": "tests.attack.test_advice:test_free_disk_space_or_choose_another",
    "you may write to": "tests.attack.test_advice:test_free_disk_space_or_choose_an",
    "stop it, then try again": "tests.attack.test_advice:test_wait_until_it_ends_or_stop_it_then",
    "is in use; wait until it ends": "tests.cli.test_repair:test_nothing_is_touched_while_a_run",
    "make one with `workbench demo`": "tests.cli.test_repair:test_a_folder_that_is_no_store_is_a",
    "name the --store that `workbench run`": "tests.attack.test_advice:test_name_the_folder_that",
    "give what it is now another name": "tests.attack.test_advice:test_give_what_it_is_now_another",
    "run `workbench repair` with this --store": "tests.attack.test_advice:test_run_workbench",
    "give yourself the right to read": "test_a_record_that_may_not_be_read_is_left",
    "name another --store and run": "tests.attack.test_advice:test_name_another_store_for_an_older",
    "choose a --store that is new": "tests.attack.test_advice:test_choose_a_store_that_is_new_or_a",
    "restore the images it was begun": "tests.store.test_refusals:test_the_same_command_takes_the",
    "restore the images they were": "tests.store.test_refusals:test_runs_whose_experiment_lost_its",
    "stop it before its log": "tests.launch.test_launch:test_an_ended_job_can_be_forgotten_a_run",
    "choose another with --store": "tests.attack.test_launches:test_a_log_that_cannot_be_written",
    # dashboard/
    "This resumes it": "tests.dashboard.test_pages:test_an_interrupted_experiment_can_be_resumed",
    "this goes on": "tests.dashboard.test_experiments:test_runs_that_wait_or_are_no_longer_listed",
    "stop it with Ctrl-C": "tests.dashboard.test_experiments:test_a_run_of_someone_else_is_shown",
    "Try again": "tests.dashboard.test_experiments:test_a_process_that_ends_at_once_says_why",
    "Resume": "tests.dashboard.test_experiments:test_resume_runs_the_stored_config",
}
"""A part of a sentence ► the module and the start of the name of the test that does it."""


@cache
def sentences() -> dict[str, str]:
    """Return the sentences that advise: text ► place; what is filled in is ``{}``."""
    found = {}
    for folder in ("workbench", "dashboard"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            for line, text in texts_of(path):
                if ADVICE.search(text):
                    found[text] = f"{path.relative_to(ROOT)}:{line}"
    return found


def texts_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield line and text of every string of a module but its docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    alone = {node.value for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    joined = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    alone |= {part for node in joined for part in node.values}
    for node in ast.walk(tree):
        if node in alone:
            continue
        if isinstance(node, ast.JoinedStr):
            parts = [v.value if isinstance(v, ast.Constant) else "{}" for v in node.values]
            yield node.lineno, "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value


def test_every_sentence_of_advice_has_a_case():
    without = [
        f"{place}: {text}"
        for text, place in sentences().items()
        if not any(part in text for part in CASES)
    ]
    assert not without, "a test is to do what these advise; name it in CASES"
    assert [part for part in CASES if not any(part in text for text in sentences())] == []


def test_every_case_is_a_test():
    for part, case in CASES.items():
        module, _, start = case.rpartition(":")
        path = ROOT / f"{(module or __name__).replace('.', '/')}.py"
        tests = [n.name for n in ast.parse(path.read_text()).body if isinstance(n, ast.FunctionDef)]
        assert start.startswith("test_"), part
        assert any(name.startswith(start) for name in tests), part


def test_no_advice_removes_anything_from_a_store():
    hand = re.compile(r"([Rr]emove|[Dd]elete) .*(cycle|store|experiment|record|run)")
    assert [text for text in sentences() if hand.search(text) and "log" not in text] == []


# sentences that no other test covers


def test_the_doctor_advises_another_store(tmp_path, monkeypatch):
    monkeypatch.setattr(_doctor, "LEAST_FREE_BYTES", 1 << 62)
    assert "choose another --store" in _doctor._disk(tmp_path / "none").found


def test_a_path_that_cannot_be_is_given_anew(tmp_path):
    with pytest.raises(StoreError, match=r"cannot be written .*; choose another --store\."):
        create_store(tmp_path / ("long" * 100) / "store")
    assert open_store(create_store(tmp_path / "store")).experiments() == []


def test_an_image_of_another_size_is_to_be_restored():
    images = Images.make(["a", "b"], [(4, 6), (4, 6)])
    with pytest.raises(DatasetError, match=r"'b' is 5×6 and was 4×6 .*; restore it"):
        images.check_size("b", np.zeros((5, 6, 3), np.uint8))
    images.check_size("b", np.zeros((4, 6, 3), np.uint8))


def test_unit_maps_that_cannot_be_read_are_damaged(tmp_path):
    path = tmp_path / "unit_maps.npz"
    path.write_bytes(b"PK no archive")
    with pytest.raises(StoreError) as refused:
        UnitMaps(path)[0]
    assert str(refused.value).endswith(f"; {schema.REPAIR}.")


def test_a_record_that_may_not_be_read_is_left_and_read_once_it_may(shared, tmp_path, monkeypatch):
    store = shutil.copytree(shared.sample(), tmp_path / "store")

    def closed(path: Path, _: int) -> bytes:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    monkeypatch.setattr(schema.files, "read_bytes", closed)
    with pytest.raises(StoreError, match=r"may not be read .*; give yourself the right"):
        open_store(store)
    monkeypatch.undo()
    assert len(open_store(store).experiments()) == 1
