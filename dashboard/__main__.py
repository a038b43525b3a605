"""The dashboard's server: ``python -m dashboard``, with options of ``streamlit run``.

``dashboard.serve`` becomes it. Ctrl-C, SIGTERM and SIGHUP end it at once, at any moment: it holds
nothing, and runs that were started from a page are processes of their own.
"""

from __future__ import annotations

import sys
from pathlib import Path


def main() -> None:
    """Serve the pages until a signal."""
    from workbench.cli._signals import watch

    watch("Stopped; runs that were started from the dashboard go on.")

    from workbench.plugins import leave_out_damaged_metadata

    leave_out_damaged_metadata()

    from streamlit.web.cli import main as streamlit

    server = Path(__file__).parent / "server.py"
    streamlit(["run", str(server), *sys.argv[1:]], prog_name="streamlit")


if __name__ == "__main__":
    main()
