"""How a process is set up to compute."""

import subprocess
import sys

_ASK = (
    "import sys; from workbench.compute import ResolvedCompute\n"
    "ResolvedCompute('cpu', 'float32', int(sys.argv[1])).apply()\n"
    "import cv2, torch; print(torch.get_num_threads(), cv2.getNumThreads())"
)


def test_a_run_takes_the_threads_it_was_given_and_no_more():
    for threads in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", _ASK, threads], capture_output=True, text=True, check=True
        )
        assert done.stdout.split() == [threads, threads]
