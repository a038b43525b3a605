"""What holds for the package as a whole."""

import subprocess
import sys

from workbench import metrics


def test_every_public_name_is_there_and_documented():
    for name in metrics.__all__:
        assert getattr(metrics, name).__doc__, name


def test_importing_loads_neither_torch_nor_scikit_learn():
    code = (
        "import sys; from workbench.metrics import alc, mean_iou, coverage_radius;"
        "from workbench.selection import SELECTORS, random, top_k, k_center;"
        "[SELECTORS.entry(n) for n in SELECTORS.names()];"
        "sys.exit(bool({'torch', 'sklearn', 'umap'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
