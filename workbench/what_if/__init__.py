"""What would another method have chosen here? Answered from a stored cycle, without a network.

:func:`whatif` aggregates and selects again, with the engine's own code, from what a finished cycle
keeps: exact unit scores and embeddings where they were stored, cached maps where not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.registry import lazy_exports

if TYPE_CHECKING:
    from workbench.what_if._ask import whatif
    from workbench.what_if._change import Change, Facts
    from workbench.what_if._costs import cost_views
    from workbench.what_if._result import Asked, WhatIf
    from workbench.what_if._selectors import runnable_selectors

_EXPORTS = {
    "Asked": "workbench.what_if._result:Asked",
    "Change": "workbench.what_if._change:Change",
    "Facts": "workbench.what_if._change:Facts",
    "WhatIf": "workbench.what_if._result:WhatIf",
    "cost_views": "workbench.what_if._costs:cost_views",
    "runnable_selectors": "workbench.what_if._selectors:runnable_selectors",
    "whatif": "workbench.what_if._ask:whatif",
}
__getattr__, _ = lazy_exports(__name__, _EXPORTS)

__all__ = ["Asked", "Change", "Facts", "WhatIf", "cost_views", "runnable_selectors", "whatif"]
