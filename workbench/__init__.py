"""An interactive workbench for active learning in semantic segmentation.

::

    import workbench as wb

    store = wb.open_store("runs")
    cycle = store.runs()[0].cycle(1)
    cycle.score_map("entropy", cycle.image_ids[0])
    wb.whatif(cycle, score="margin", selector="k_center", k=8)

Importing this package loads nothing else; each name is imported at first use. (The command line
imports it before it can handle Ctrl-C.)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.advisor import advise as advise
    from workbench.engine.redundancy import pool_redundancy as pool_redundancy
    from workbench.store import open_store as open_store
    from workbench.what_if import whatif as whatif

_TARGETS = {
    "advise": "workbench.advisor:advise",
    "open_store": "workbench.store:open_store",
    "pool_redundancy": "workbench.engine.redundancy:pool_redundancy",
    "whatif": "workbench.what_if:whatif",
}
__all__ = ["__version__", "advise", "open_store", "pool_redundancy", "whatif"]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("al-workbench")
    if name not in _TARGETS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

    from workbench.registry import load

    return load(_TARGETS[name])
