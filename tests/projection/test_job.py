import subprocess
import sys

import numpy as np
import pytest

from workbench.errors import ConfigError, NotStoredError, ScoreError, StoreLockedError
from workbench.projection import PROJECTIONS, compute, request, status
from workbench.projection.__main__ import main
from workbench.store import open_store, projection_lock


def test_computed_once_then_found_by_its_key(store, runs):
    wanted = request(runs[0].cycle(0), "pca")
    assert status(store, wanted).state == "missing"
    done = compute(store.path, runs[0].id, 0, "pca")
    assert status(store, wanted).state == "done"
    found = store.projection(wanted.key)
    np.testing.assert_array_equal(found.points, done.points)
    np.testing.assert_array_equal(found.unit_ids, wanted.unit_ids)
    assert found.parameters == {
        "method": "pca", "title": "PCA", "settings": {}, "seed": 0, "units": 32, "total": 32,
    }  # fmt: skip


def test_runs_that_share_cycle_0_share_its_projections(runs):
    random, entropy = runs
    assert request(random.cycle(0)).key == request(entropy.cycle(0)).key
    assert request(random.cycle(1)).key != request(random.cycle(0)).key


def test_the_key_says_everything_the_points_depend_on(runs):
    cycle = runs[0].cycle(0)
    keys = {
        request(cycle, method, seed).key
        for method in ("pca", "tsne", "tsne:perplexity=5", "umap")
        for seed in (0, 1)
    }
    assert len(keys) == 8
    assert request(cycle, "tsne:perplexity=30").key == request(cycle, "tsne").key


def test_a_large_pool_is_sampled_evenly_over_its_sequences(runs):
    cycle = runs[0].cycle(0)
    wanted = request(cycle, "pca", limit=16)
    assert (len(wanted.unit_ids), wanted.total) == (16, 32)
    assert set(cycle.labelled) | set(cycle.selected) <= set(wanted.unit_ids)
    assert (np.diff(wanted.unit_ids) > 0).all()
    free = set(wanted.unit_ids) - set(cycle.labelled) - set(cycle.selected)
    pool = runs[0].experiment.pool.set_index("unit_id")
    counts = pool.loc[sorted(free), "sequence"].value_counts()
    candidates = pool.drop([*cycle.labelled, *cycle.selected])["sequence"].value_counts()
    shares = (counts / candidates).fillna(0)
    assert shares.max() - shares.min() < 0.15
    assert request(cycle, "pca", limit=16).key == wanted.key
    assert request(cycle, "pca").key != wanted.key


def test_another_process_at_work_is_seen_and_not_doubled(store, runs):
    wanted = request(runs[0].cycle(0), "pca")
    with projection_lock(store.path, wanted.key):
        assert status(store, wanted).state == "running"
        with pytest.raises(StoreLockedError, match="in use by process"):
            compute(store.path, runs[0].id, 0, "pca")
    assert status(store, wanted).state == "missing"


def test_while_it_runs_its_stage_can_be_read(store, runs, monkeypatch):
    wanted = request(runs[0].cycle(0), "pca")
    seen = []

    def reduce(vectors, seed):
        seen.append(status(store, wanted))
        return np.zeros((len(vectors), 2))

    monkeypatch.setattr("workbench.projection._reduce.pca", reduce)
    compute(store.path, runs[0].id, 0, "pca")
    assert seen[0].state == "running"
    assert seen[0].stage == "computing PCA of 32 units"
    assert seen[0].since > 0


def test_a_failure_is_kept_and_a_later_success_clears_it(store, runs, monkeypatch):
    wanted = request(runs[0].cycle(0), "pca")

    def broken(vectors, seed):
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr("workbench.projection._reduce.pca", broken)
        with pytest.raises(MemoryError):
            compute(store.path, runs[0].id, 0, "pca")
    failed = status(store, wanted)
    assert failed.state == "failed"
    assert "no room" in failed.message
    compute(store.path, runs[0].id, 0, "pca")
    assert status(store, wanted).state == "done"


def test_embeddings_that_are_not_finite_name_the_unit(store, runs, monkeypatch):
    cycle = open_store(store.path).run(runs[0].id).cycle(0)
    broken = cycle.embeddings.vectors.copy()
    broken[5, 0] = np.nan
    monkeypatch.setattr("workbench.store.arrays.read_array", _with_vectors(broken))
    with pytest.raises(ScoreError, match=f"unit {cycle.embeddings.unit_ids[5]} .* not finite"):
        compute(store.path, runs[0].id, 0, "pca")


def _with_vectors(vectors):
    from workbench.store.arrays import read_array

    return lambda path: vectors if path.name == "vectors.npy" else read_array(path)


def test_units_that_all_look_alike_lie_on_one_point(store, runs, monkeypatch):
    same = np.ones_like(runs[0].cycle(0).embeddings.vectors)
    monkeypatch.setattr("workbench.store.arrays.read_array", _with_vectors(same))
    points = compute(store.path, runs[0].id, 0, "tsne").points
    np.testing.assert_array_equal(points, np.zeros((32, 2)))


def test_bad_requests_end_in_a_sentence(store, runs, capsys):
    with pytest.raises(ConfigError, match="did you mean 'umap'"):
        request(runs[0].cycle(0), "umpa")
    place = [str(store.path), runs[0].id]
    assert main([*place, "7", "pca"]) == 2
    assert "has no cycle 7" in capsys.readouterr().err
    assert main([*place, "0", "pca:perplexity=3"]) == 2
    assert main([str(store.path), f"{runs[0].experiment.id}/nobody-s0", "0", "pca"]) == 2


def test_a_cycle_without_embeddings_cannot_be_projected(runs, monkeypatch):
    cycle = runs[0].cycle(0)
    monkeypatch.setattr(cycle, "_facts", cycle._facts.model_copy(update={"embeddings": []}))
    with pytest.raises(NotStoredError, match="keeps no embeddings"):
        request(cycle, "pca")


def test_the_command_line_in_a_process_of_its_own(store, runs):
    command = [
        sys.executable,
        "-m",
        "workbench.projection",
        str(store.path),
        runs[1].id,
        "1",
        "pca",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "PCA: 32 units\n"
    assert store.projection(request(runs[1].cycle(1)).key) is not None


def test_listing_projections_loads_neither_scikit_learn_nor_umap():
    code = "import sys, workbench.projection as p; list(p.PROJECTIONS); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"sklearn", "umap", "numba", "torch"} & set(done.stdout.split())
    assert PROJECTIONS.names() == ["pca", "tsne", "umap"]
