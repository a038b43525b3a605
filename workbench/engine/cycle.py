"""One cycle of active learning: train ► scan ► select ► reveal."""

from __future__ import annotations

from workbench.engine.events import Progress
from workbench.engine.observation import Observation, observe
from workbench.engine.plan import PlannedMethod
from workbench.engine.query import Query, choose
from workbench.engine.setting import Setting
from workbench.pool import PoolState


