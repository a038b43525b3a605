"""An experiment grows: its record changes, what is finished stays; what is added stands beside."""

import math
from dataclasses import replace
from unittest.mock import PropertyMock, patch

import numpy as np
import pytest

from tests.store.sample import (
    CARD,
    EMBEDDING,
    METHODS,
    SCORES,
    sample_config,
    sample_pool,
    scan_image,
    stream,
)
from tests.store.test_writing import GRID, IMAGES, SIZE, publish_cycle, write_cycle
from workbench.config import ExperimentConfig
from workbench.errors import ConfigError, NotStoredError, ShapeError
from workbench.observation import ObservationBuilder
from workbench.store import (
    Keep,
    ScoreInfo,
    SupplementWriter,
    create_experiment,
    open_store,
)


def create(path, methods=("entropy",), seeds=(0,), cycles=2, definitions=None):
    """Make an experiment, or let it grow: its id is the same whatever it consists of."""
    config = sample_config(list(methods), list(seeds), cycles, 2, GRID)
    found = definitions or [METHODS[name] for name in methods]
    with patch.object(ExperimentConfig, "id", new_callable=PropertyMock, return_value="s-1"):
        return create_experiment(
            path,
            config,
            card=CARD,
            pool=sample_pool(IMAGES, SIZE, GRID),
            methods=found,
            data_dir=path / "data",
            compute={"precision": "float32", "threads": 1},
        )


def content(path):
    return {p: p.read_bytes() for p in path.rglob("*") if p.is_file() and p.suffix != ".lock"}


def test_methods_seeds_and_cycles_are_added_and_taken_away(tmp_path):
    first = create(tmp_path)
    with first.run(METHODS["entropy"], 0) as run:
        write_cycle(run, 0)
        run.finish("done")
    before = content(run.read.path)
    grown = create(tmp_path, ("random", "entropy"), (0, 1), 3).record
    assert [(r.method.name, r.seed, r.listed) for r in grown.runs()] == [
        *(("random", 0, True), ("random", 1, True)),
        *(("entropy", 0, True), ("entropy", 1, True)),
    ]
    assert grown.config.budget.cycles == 3
    assert (grown.id, grown.created) == (first.record.id, first.record.created)
    assert grown.revision != first.record.revision
    assert content(run.read.path) == before

    shrunk = create(tmp_path, ("random",), (0,)).record
    listed, left = shrunk.runs()
    assert (listed.method.name, listed.listed) == ("random", True)
    assert (left.id, left.listed) == ("s-1/entropy-s0", False)
    assert left.method == METHODS["entropy"]
    assert left.cycle(0).selected.tolist() == run.read.cycle(0).selected.tolist()
    assert open_store(tmp_path).run(left.id).cycle_numbers == [0]
    assert len(open_store(tmp_path).metrics()) == 1


def test_a_method_of_the_same_name_defined_otherwise_is_refused(tmp_path):
    with create(tmp_path).run(METHODS["entropy"], 0) as run:
        run.finish("done")
    other = METHODS["entropy"].model_copy(update={"score": "margin"})
    before = content(tmp_path)
    with pytest.raises(ConfigError, match=r"score entropy \(now margin\); give .* another name"):
        create(tmp_path, definitions=[other])
    assert content(tmp_path) == before, "nothing is changed by what is refused"


def test_a_run_records_what_its_results_rest_on(tmp_path):
    experiment = create(tmp_path)
    with experiment.run(METHODS["entropy"], 0, {"cycle_zero": "s0-a"}) as run:
        run.finish("done")
    with experiment.run(METHODS["entropy"], 0, {"cycle_zero": "s0-a"}):
        pass
    state = run.read.status
    with pytest.raises(ConfigError, match=r"begun with cycle_zero s0-a \(now s0-b\); give"):
        experiment.run(METHODS["entropy"], 0, {"cycle_zero": "s0-b"}).__enter__()
    assert run.read.status == state


def added(cycle, scores=(), change=lambda scan: scan):
    """Scan a published cycle's pool again."""
    builder = ObservationBuilder()
    with SupplementWriter(cycle, scores) as writer:
        for image in range(IMAGES):
            scan = change(scan_image(image, SIZE, GRID, 0, 0))
            builder.add(scan)
            writer.add(scan)
        writer.publish(builder.finish(cycle.labelled))


def test_maps_that_were_not_kept_are_added_later(tmp_path):
    with create(tmp_path).run(METHODS["entropy"], 0) as run:
        publish_cycle(run, 0, Keep(maps=False, predictions=False, features=False))
    cycle = run.read.cycle(0)
    with pytest.raises(NotStoredError, match="holds no entropy map"):
        cycle.score_map("entropy", "seq00_001")
    added(cycle, SCORES)
    again = open_store(tmp_path).runs()[0].cycle(0)
    scan = scan_image(1, SIZE, GRID, 0, 0)
    np.testing.assert_allclose(
        again.score_map("entropy", "seq00_001"), scan.score_maps["entropy"], atol=0.01
    )
    np.testing.assert_array_equal(again.prediction("seq00_001"), scan.prediction)
    np.testing.assert_array_equal(again.feature_map("seq00_001"), scan.feature_map)
    assert again.image_ids == again.predicted_image_ids
    assert again.scores == [score.name for score in SCORES]
    assert list(again.units) == list(cycle.units), "no column comes twice"
    assert again.revision != cycle.revision


def test_scores_and_embeddings_are_added_later(tmp_path):
    key = "decoder-unit-current"

    def change(scan):
        return replace(
            scan,
            unit_scores={**scan.unit_scores, "variance": scan.unit_ids / 7},
            embeddings={key: scan.class_shares},
            score_maps={"variance": scan.score_maps["margin"]},
        )

    with create(tmp_path).run(METHODS["entropy"], 0) as run:
        cycle = publish_cycle(run, 0)
    added(cycle, [ScoreInfo("variance", 0.0, 0.25)], change)
    again = open_store(tmp_path).runs()[0].cycle(0)
    assert again.scores == ["entropy", "margin", "variance"]
    assert again.unit_scores("variance").tolist() == (again.units["unit_id"] / 7).tolist()
    assert again.score_map("variance", "seq00_000").shape == SIZE
    observed = again.observation
    assert list(observed.embeddings) == [EMBEDDING, key]
    assert observed.score_columns[-1] == "variance"
    shares = scan_image(2, SIZE, GRID, 0, 0).class_shares
    np.testing.assert_array_equal(observed.embeddings[key].vectors[8:12], shares)
    np.testing.assert_array_equal(
        again.embeddings.vectors, cycle.observation.embeddings[EMBEDDING].vectors
    )


def test_a_supplement_of_other_units_is_refused(tmp_path):
    with create(tmp_path).run(METHODS["entropy"], 0) as run:
        cycle = publish_cycle(run, 0)
    scans = [scan_image(image, SIZE, GRID, 0, 0) for image in range(IMAGES - 1)]
    with SupplementWriter(cycle) as writer:
        writer.labelled = cycle.labelled
        with pytest.raises(ShapeError, match="8 units were scanned"):
            writer.publish(stream(writer, scans))
    assert not list(cycle.path.rglob(".aside-*"))


@pytest.mark.parametrize("number", [math.inf, math.nan])
def test_what_would_not_be_read_back_equal_is_never_written(tmp_path, number):
    whole = create(tmp_path).record
    before = content(whole.path)
    config = sample_config(["entropy"], [0], 2, 2, GRID)
    budget = config.budget.model_copy(update={"click_tolerance": number})
    odd = [{"budget": budget}, {"description": "\x1b[2J"}]
    about = {"card": CARD, "pool": sample_pool(IMAGES, SIZE, GRID), "data_dir": tmp_path}
    methods = [METHODS["entropy"]]
    for name in ("s-1", "s-2"):  # lets one grow, makes another
        given = patch.object(ExperimentConfig, "id", new_callable=PropertyMock, return_value=name)
        for update in odd:
            changed = config.model_copy(update=update)
            with given, pytest.raises(ConfigError, match="read back otherwise") as told:
                create_experiment(tmp_path, changed, methods=methods, **about)
            assert len(str(told.value)) <= 300
    assert content(whole.path) == before
    assert [record.id for record in open_store(tmp_path).experiments()] == ["s-1"]
    assert not (tmp_path / "experiments/s-2/pool.parquet").exists()
