"""A small store with each part that an experiment can have, made by hand: one run, three cycles."""

import json
from pathlib import Path
from unittest.mock import patch

import numpy as np

from tests.store.sample import EMBEDDING, SCORES, choose, measured, scan_image, stream
from tests.store.test_growing import added
from tests.store.test_reports import found
from tests.store.test_writing import (
    GRID,
    IMAGES,
    METHOD,
    SIZE,
    experiment_in,
    publish_cycle,
    write_cycle,
)
from workbench.observation import Embeddings
from workbench.store import CycleFacts, Keep, Labels, open_store, schema
from workbench.types import unit_ids

KEY = "s0-made"
INITIAL = EMBEDDING.replace("current", "initial")
CHOICE = {"set": 1, "repeat": 0}


def write_parts(path: Path) -> Path:
    """Fill a store: a chosen cycle 0 with vectors before training, and what lies beside cycles.

    Cycle 0 points to the shared one, cycle 1 has a report and a supplement, cycle 2 keeps no unit
    table, which is in the state after it.
    """
    with patch("os.fsync"):
        experiment = experiment_in(path, cycles=3)
        experiment.publish_reference("whole", 0, found(5), keep=True)
        with experiment.run(METHOD, 0, {"cycle_zero": KEY}) as run:
            run.progress(0, "train", 1, 2)
            _write_shared(experiment)
            cycle = run.publish_shared(KEY)
            run.publish_selection(0, choose("entropy", cycle.units, 2, 0, 0))
            run.publish_labels(0, Labels(run.read.selection(0).unit_ids, np.array([7, 9])))
            write_cycle(run, 1)
            publish_cycle(run, 2, Keep(units=False))
            run.publish_report(1, found(5), keep=True)
            run.event({"event": "cycle", "cycle": 2})
            run.finish("done")
        added(open_store(path).runs()[0].cycle(1))
    return path


def _write_shared(experiment):
    pool, initial = experiment.record.geometry, unit_ids(0, np.arange(4))
    vectors = Embeddings.of(pool.unit_ids, np.eye(len(pool), 3), initial)
    with experiment.shared_lock(KEY):
        experiment.write_choice(KEY, CHOICE)
        experiment.write_untrained(KEY, INITIAL, vectors)
        about = {"labelled": initial, "scores": SCORES, "untrained": KEY}
        with experiment.write_shared(KEY, **about) as writer:
            scans = [scan_image(number, SIZE, GRID, 0, 0) for number in range(IMAGES)]
            seen = stream(writer, scans).with_embeddings({INITIAL: vectors})
            writer.publish(seen, measured(0.1, 0.1, 0, 0), CycleFacts(extras={"initial": CHOICE}))


def seal(path: Path, **changes) -> None:
    """Change entries of a record and give it the digest of its new content."""
    values = json.loads(path.read_text(encoding="utf-8"))
    path.write_bytes(schema.to_bytes({**values, **changes}))
