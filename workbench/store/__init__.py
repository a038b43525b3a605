"""The run store: a folder any machine can mount (``docs/store.md``).

Reading (:func:`open_store`) never creates or changes a file; only the engine writes. Neither loads
torch.
"""

from typing import TYPE_CHECKING

from workbench.registry import lazy_exports

_TARGETS = {
    "open_store": "workbench.store.reader:open_store",
    "run_of": "workbench.store.reader:run_of",
    "Store": "workbench.store.reader:Store",
    "ExperimentRecord": "workbench.store.experiment:ExperimentRecord",
    "Run": "workbench.store.experiment:Run",
    "Cycle": "workbench.store.cycle:Cycle",
    "RunStatus": "workbench.store.records:RunStatus",
    "CycleMetrics": "workbench.store.records:CycleMetrics",
    "Origin": "workbench.store.records:Origin",
    "Network": "workbench.store.records:Network",
    "ScoreInfo": "workbench.store.records:ScoreInfo",
    "MapInfo": "workbench.store.records:MapInfo",
    "Selection": "workbench.store.records:Selection",
    "Labels": "workbench.store.records:Labels",
    "Measured": "workbench.store.records:Measured",
    "CycleFacts": "workbench.store.records:CycleFacts",
    "Keep": "workbench.store.records:Keep",
    "Projection": "workbench.store.projections:Projection",
    "projection_lock": "workbench.store.projections:projection_lock",
    "export_csv": "workbench.store.export:export_csv",
    "ScanSize": "workbench.store.estimate:ScanSize",
    "estimate_bytes": "workbench.store.estimate:estimate_bytes",
    "write_projection": "workbench.store.projections:write_projection",
    "create_store": "workbench.store.writer:create_store",
    "create_experiment": "workbench.store.writer:create_experiment",
    "open_experiment": "workbench.store.writer:open_experiment",
    "ExperimentWriter": "workbench.store.writer:ExperimentWriter",
    "RunWriter": "workbench.store.run_writer:RunWriter",
    "CycleWriter": "workbench.store.cycle_writer:CycleWriter",
    "SupplementWriter": "workbench.store.supplement_writer:SupplementWriter",
}

__getattr__, __all__ = lazy_exports(__name__, _TARGETS)

if TYPE_CHECKING:
    from workbench.store.cycle import Cycle as Cycle
    from workbench.store.cycle_writer import CycleWriter as CycleWriter
    from workbench.store.estimate import ScanSize as ScanSize
    from workbench.store.estimate import estimate_bytes as estimate_bytes
    from workbench.store.experiment import ExperimentRecord as ExperimentRecord
    from workbench.store.experiment import Run as Run
    from workbench.store.export import export_csv as export_csv
    from workbench.store.projections import Projection as Projection
    from workbench.store.projections import projection_lock as projection_lock
    from workbench.store.projections import write_projection as write_projection
    from workbench.store.reader import Store as Store
    from workbench.store.reader import open_store as open_store
    from workbench.store.reader import run_of as run_of
    from workbench.store.records import CycleFacts as CycleFacts
    from workbench.store.records import CycleMetrics as CycleMetrics
    from workbench.store.records import Keep as Keep
    from workbench.store.records import Labels as Labels
    from workbench.store.records import MapInfo as MapInfo
    from workbench.store.records import Measured as Measured
    from workbench.store.records import Network as Network
    from workbench.store.records import Origin as Origin
    from workbench.store.records import RunStatus as RunStatus
    from workbench.store.records import ScoreInfo as ScoreInfo
    from workbench.store.records import Selection as Selection
    from workbench.store.run_writer import RunWriter as RunWriter
    from workbench.store.supplement_writer import SupplementWriter as SupplementWriter
    from workbench.store.writer import ExperimentWriter as ExperimentWriter
    from workbench.store.writer import create_experiment as create_experiment
    from workbench.store.writer import create_store as create_store
    from workbench.store.writer import open_experiment as open_experiment
