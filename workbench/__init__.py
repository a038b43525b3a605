"""An interactive workbench for active learning in semantic segmentation.

::

    import workbench as wb

    store = wb.open_store("runs")
    cycle = store.runs()[0].cycle(1)
    cycle.score_map("entropy", cycle.image_ids[0])
    wb.whatif(cycle, score="margin", selector="k_center", k=8)

Importing this package loads no heavy library; each name is imported at first use.
"""

from typing import TYPE_CHECKING, Any

from workbench.registry import lazy_exports

if TYPE_CHECKING:
    from workbench.store import open_store as open_store
    from workbench.what_if import whatif as whatif

_load, _names = lazy_exports(
    __name__,
    {"open_store": "workbench.store:open_store", "whatif": "workbench.what_if:whatif"},
)
__all__ = [*_names, "__version__"]  # noqa: PLE0604 - the names come from the table above


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("al-workbench")
    return _load(name)
