"""An interactive workbench for active learning in semantic segmentation.

::

    import workbench as wb

    store = wb.open_store("runs")
    cycle = store.runs()[0].cycle(1)
    cycle.score_map("entropy", cycle.image_ids[0])

Importing this loads nothing heavy; each name is imported at first use.
"""

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

from workbench.registry import lazy_exports

if TYPE_CHECKING:
    from workbench.store import open_store as open_store

_load, _names = lazy_exports(
    __name__,
    {"open_store": "workbench.store:open_store", "whatif": "workbench.whatif:whatif"},
)
__all__ = [*_names, "__version__"]  # noqa: PLE0604 - the names come from the table above


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("al-workbench")
    return _load(name)


class _Package(ModuleType):
    """Keeps ``wb.whatif`` the function, although a module of that name exists."""

    def __setattr__(self, name: str, value: Any) -> None:
        # the import system binds a submodule to its package under the submodule's name
        if name == "whatif" and isinstance(value, ModuleType):
            value = value.whatif
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
