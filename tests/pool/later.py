"""A label source that answers later, as people do."""

import numpy as np

from workbench.pool import MaskLabels


class LaterLabels(MaskLabels):
    """Labels are there once :meth:`answer` gave them; reading one before is an error.

    Attributes:
        requested: ids in the order in which they were requested first.
        read: ids whose labels were read.
    """

    def __init__(self, dataset, geometry):
        super().__init__(dataset, geometry)
        self.requested = []
        self.read = []
        self._there = set()

    def request(self, ids):
        super().request(ids)
        self.requested += [u for u in np.asarray(ids).tolist() if u not in self.requested]

    def available(self, ids):
        return np.isin(ids, list(self._there))

    def labels(self, ids):
        hidden = set(np.asarray(ids).tolist()) - self._there
        assert not hidden, f"labels of {hidden} were read before they were there"
        self.read += np.asarray(ids).tolist()
        return super().labels(ids)

    def answer(self, count=None):
        """Label what is requested, or only the first few of what is missing."""
        missing = [u for u in self.requested if u not in self._there]
        self._there.update(missing[:count])
