"""How a process is set up to compute."""

import cv2
import pytest
import torch

from workbench.compute import ResolvedCompute


@pytest.fixture
def _threads():
    """Leave the process as it was."""
    before = torch.get_num_threads(), cv2.getNumThreads()
    yield
    torch.set_num_threads(before[0])
    cv2.setNumThreads(before[1])


@pytest.mark.usefixtures("_threads")
@pytest.mark.parametrize("threads", [2, 1])
def test_a_run_takes_the_threads_it_was_given_and_no_more(threads):
    ResolvedCompute("cpu", "float32", threads).apply()
    assert (torch.get_num_threads(), cv2.getNumThreads()) == (threads, threads)
