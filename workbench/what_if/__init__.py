"""What another method would have chosen in a stored cycle, without a network.

:func:`whatif` aggregates and selects again, with the engine's own code, from what a finished cycle
stores: exact unit scores and embeddings where they were stored, score maps where they were not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.registry import lazy_exports

if TYPE_CHECKING:
    from workbench.what_if._change import Change, Facts
    from workbench.what_if._costs import cost_views
    from workbench.what_if._query import whatif
    from workbench.what_if._result import WhatIf, WhatIfQuery
    from workbench.what_if._selectors import runnable_selectors

_EXPORTS = {
    "WhatIfQuery": "workbench.what_if._result:WhatIfQuery",
    "Change": "workbench.what_if._change:Change",
    "Facts": "workbench.what_if._change:Facts",
    "WhatIf": "workbench.what_if._result:WhatIf",
    "cost_views": "workbench.what_if._costs:cost_views",
    "runnable_selectors": "workbench.what_if._selectors:runnable_selectors",
    "whatif": "workbench.what_if._query:whatif",
}
__getattr__, _ = lazy_exports(__name__, _EXPORTS)

__all__ = ["Change", "Facts", "WhatIf", "WhatIfQuery", "cost_views", "runnable_selectors", "whatif"]
