"""What the writer refuses: content that does not fit, folders that are not its own."""

import numpy as np
import pytest

from tests.store.sample import CARD, SCORES, measured, sample_pool, scan_image, stream
from tests.store.test_writing import GRID, IMAGES, METHOD, SIZE, experiment_in
from workbench.errors import PoolError, ScoreError, ShapeError, StoreError
from workbench.store import Selection, create_experiment, create_store
from workbench.types import unit_ids


@pytest.mark.parametrize(
    "make",
    [
        lambda: Selection(np.array([1, 1])),
        lambda: Selection(np.array([1, 2]), np.array([0.5])),
        lambda: Selection(np.array([1, 2]), None, ["one"]),
    ],
)
def test_a_selection_that_does_not_fit_is_refused(make):
    with pytest.raises(ShapeError, match="selection"):
        make()


@pytest.mark.parametrize("part", ["unit_scores", "embeddings", "score_maps"])
def test_what_is_not_finite_is_refused_with_its_image(tmp_path, part):
    scanned = scan_image(1, SIZE, GRID, 0, 0)
    bad = getattr(scanned, part)
    next(iter(bad.values()))[0] = np.nan

    def write(run):
        with run.write_cycle(0, labelled=unit_ids(0, [0]), scores=SCORES) as cycle:
            cycle.publish(stream(cycle, [scanned]), measured(0.1, 0, 0, 0))

    with experiment_in(tmp_path).run(METHOD, 0) as run:
        with pytest.raises(ScoreError, match="image 'seq00_001'"):
            write(run)
        assert run.read.cycle_numbers == []


def test_units_of_another_pool_are_refused(tmp_path):
    with (
        experiment_in(tmp_path).run(METHOD, 0) as run,
        run.write_cycle(0, labelled=unit_ids(0, [0]), scores=SCORES) as cycle,
    ):
        seen = stream(cycle, [scan_image(9, SIZE, GRID, 0, 0)])
        with pytest.raises(PoolError, match="is not in the pool of 16 units"):
            cycle.publish(seen, measured(0.1, 0, 0, 0))


def test_the_same_command_takes_the_experiment_up(tmp_path):
    first = experiment_in(tmp_path).record
    moved = create_experiment(
        tmp_path,
        first.config,
        card=CARD,
        pool=sample_pool(IMAGES, SIZE, GRID),
        methods=[METHOD],
        data_dir=tmp_path / "elsewhere",
    ).record
    assert (moved.id, moved.created) == (first.id, first.created)
    assert moved.data_dir == tmp_path / "elsewhere"
    with pytest.raises(StoreError, match="begun on a pool of 16 units, the dataset now gives 12"):
        experiment_in(tmp_path, images=3)


def test_runs_whose_experiment_lost_its_record_are_not_taken_up_on_another_pool(tmp_path):
    record = experiment_in(tmp_path).record
    (record.path / "runs/random-s0/cycles/0000").mkdir(parents=True)
    (record.path / "experiment.json").unlink()
    before = (record.path / "pool.parquet").read_bytes()
    with pytest.raises(StoreError, match=r"begun on another pool .* restore .* or choose another"):
        experiment_in(tmp_path, images=3)
    assert (record.path / "pool.parquet").read_bytes() == before
    assert not (record.path / "experiment.json").exists()
    assert experiment_in(tmp_path).record.id == record.id


def test_a_store_is_not_made_among_other_files(tmp_path):
    (tmp_path / "thesis.tex").touch()
    with pytest.raises(StoreError, match="holds other files"):
        create_store(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]
    assert create_store(create_store(tmp_path / "a" / "b")) == tmp_path / "a" / "b"
