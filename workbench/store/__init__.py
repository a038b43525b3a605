"""The run store: a folder any machine can mount (``docs/store.md``).

Reading (:func:`open_store`) never creates or changes anything; writing is the engine's. Neither
loads torch.
"""

from typing import TYPE_CHECKING

from workbench.registry import lazy_exports

_TARGETS = {
    "open_store": "workbench.store.reader:open_store",
    "Store": "workbench.store.reader:Store",
    "ExperimentRecord": "workbench.store.reader:ExperimentRecord",
    "Run": "workbench.store.reader:Run",
    "Cycle": "workbench.store.cycle:Cycle",
    "RunStatus": "workbench.store.records:RunStatus",
    "CycleMetrics": "workbench.store.records:CycleMetrics",
    "Embeddings": "workbench.store.records:Embeddings",
    "ScoreInfo": "workbench.store.records:ScoreInfo",
    "Selection": "workbench.store.records:Selection",
    "Measured": "workbench.store.records:Measured",
    "Keep": "workbench.store.records:Keep",
    "Projection": "workbench.store.projections:Projection",
    "projection_lock": "workbench.store.projections:projection_lock",
    "export_csv": "workbench.store.export:export_csv",
    "Scene": "workbench.store.estimate:Scene",
    "estimate_bytes": "workbench.store.estimate:estimate_bytes",
    "write_projection": "workbench.store.projections:write_projection",
    "create_store": "workbench.store.writer:create_store",
    "create_experiment": "workbench.store.writer:create_experiment",
    "open_experiment": "workbench.store.writer:open_experiment",
    "ExperimentWriter": "workbench.store.writer:ExperimentWriter",
    "RunWriter": "workbench.store.run_writer:RunWriter",
    "CycleWriter": "workbench.store.cycle_writer:CycleWriter",
}

__getattr__, __all__ = lazy_exports(__name__, _TARGETS)

if TYPE_CHECKING:
    from workbench.store.cycle import Cycle as Cycle
    from workbench.store.cycle_writer import CycleWriter as CycleWriter
    from workbench.store.estimate import Scene as Scene
    from workbench.store.estimate import estimate_bytes as estimate_bytes
    from workbench.store.export import export_csv as export_csv
    from workbench.store.projections import Projection as Projection
    from workbench.store.projections import projection_lock as projection_lock
    from workbench.store.projections import write_projection as write_projection
    from workbench.store.reader import ExperimentRecord as ExperimentRecord
    from workbench.store.reader import Run as Run
    from workbench.store.reader import Store as Store
    from workbench.store.reader import open_store as open_store
    from workbench.store.records import CycleMetrics as CycleMetrics
    from workbench.store.records import Embeddings as Embeddings
    from workbench.store.records import Keep as Keep
    from workbench.store.records import Measured as Measured
    from workbench.store.records import RunStatus as RunStatus
    from workbench.store.records import ScoreInfo as ScoreInfo
    from workbench.store.records import Selection as Selection
    from workbench.store.run_writer import RunWriter as RunWriter
    from workbench.store.writer import ExperimentWriter as ExperimentWriter
    from workbench.store.writer import create_experiment as create_experiment
    from workbench.store.writer import create_store as create_store
    from workbench.store.writer import open_experiment as open_experiment
