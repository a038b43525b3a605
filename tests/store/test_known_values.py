"""Small steps of the store against values known from their definitions."""

import shutil

import numpy as np
import pytest

import workbench as wb
from workbench.errors import DamagedRecordWarning, StoreError, StoreVersionError
from workbench.store import contents, files, layout, schema, verification
from workbench.store.projections import Projection, write_projection
from workbench.store.repair import _chosen, repair


@pytest.fixture
def copy(sample_path, tmp_path):
    return shutil.copytree(sample_path, tmp_path / "store")


def test_what_can_be_no_folder_is_none(tmp_path):
    (tmp_path / "file").touch()
    names = {".": True, "file": False, "none": False, "zero\0": False, "a" * 300: False}
    assert {name: files.is_folder(tmp_path / name) for name in names} == names


@pytest.mark.parametrize("version", [0, -1, 10**6, True, 3.0, "3"])
def test_a_version_that_none_can_have_is_damage(tmp_path, version):
    path = tmp_path / "record.json"
    path.write_bytes(schema.to_bytes({"kind": "run", "schema": version}))
    with pytest.raises(StoreError, match="is not a whole record") as found:
        schema.read(path, "run")
    assert not isinstance(found.value, StoreVersionError)


@pytest.mark.parametrize("version", [4, 10**6 - 1])
def test_a_version_to_come_is_no_damage(tmp_path, version):
    path = tmp_path / "record.json"
    path.write_bytes(schema.to_bytes({"kind": "run", "schema": version}))
    with pytest.raises(StoreVersionError):
        schema.read(path, "run")


def test_what_is_gone_has_no_size(tmp_path):
    (tmp_path / "three").write_bytes(b"abc")
    found = [verification._size(tmp_path / name) for name in ("three", "none")]
    assert found == [3, 0]


def changed(path, kind, change):
    """Write a record again with other values, under a digest that fits."""
    values = schema.read(path, kind)
    change(values)
    path.write_bytes(schema.to_bytes(values))


@pytest.mark.parametrize(
    ("number", "change"),
    [
        (1, lambda values: values.update(unit_scores=3)),
        (1, lambda values: values.pop("networks")),
        (0, lambda values: values.update(shared=3)),
        (0, lambda values: values.update(number="first")),
    ],
)
def test_fields_of_cycles_and_of_pointers_to_shared_ones_are_checked(copy, number, change):
    run = next(run for run in wb.open_store(copy).runs() if len(run.published) > 1)
    path = run.path / "cycles" / f"{number:04d}" / layout.CYCLE
    before = contents.fields_of(path, "cycle")
    assert (before["shared"] is None) == (number == 1)
    changed(path, "cycle", change)
    with pytest.raises(StoreError, match="holds something else than wanted"):
        contents.fields_of(path, "cycle")


def test_a_run_without_its_status_stands_at_its_last_cycle(copy):
    run = next(run for run in wb.open_store(copy).runs() if run.status.state == "done")
    (run.path / layout.STATUS).unlink()
    with pytest.warns(DamagedRecordWarning, match="status"):
        status = wb.open_store(copy).run(run.id).status
    assert len(run.published) > 2
    assert (status.state, status.cycle) == ("interrupted", len(run.published) - 1)


def test_an_experiment_or_a_run_of_it_is_repaired(copy):
    (experiment,) = wb.open_store(copy).experiments()
    run = experiment.runs()[0]
    assert _chosen(copy, None) == ([experiment.path], None)
    assert _chosen(copy, experiment.id) == ([experiment.path], None)
    assert _chosen(copy, run.id) == ([experiment.path], run.path.name)
    with pytest.raises(StoreError, match="none"):
        _chosen(copy, f"{experiment.id}/none")


def test_only_the_run_that_is_named_is_repaired(copy):
    first, second = wb.open_store(copy).runs()[:2]
    for run in (first, second):
        changed(run.path / layout.STATUS, "status", lambda values: values.update(cycle="none"))
    found = repair(copy, first.id)
    assert {damage.path for damage in found.damages} == {first.path / layout.STATUS}


@pytest.mark.parametrize("name", ["points.parquet", "projection.json"])
def test_a_damaged_projection_is_set_aside_alone(copy, name):
    for key in "ab":
        write_projection(copy, Projection(key, np.arange(2), np.zeros((2, 2)), {}))
    folder = next((copy / "projections").glob(f"*/{name}")).parent
    assert repair(copy).moved == ()
    (folder / name).write_bytes(b"x" * 30)
    assert repair(copy).moved == (folder.relative_to(copy),)
    assert len(list((copy / "projections").glob("*/points.parquet"))) == 1
