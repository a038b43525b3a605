"""The command line: ``workbench run``, ``demo``, ``list`` … (see ``docs/cli.md``).

The modules of this package parse, call and print. Heavy libraries are imported inside the command
that needs them, so that ``workbench --help``, ``list`` and ``methods`` print at once and load no
torch.
"""


def main() -> None:
    """Run the command line on ``sys.argv`` and end the process with its exit code."""
    from workbench.cli._signals import watch
    from workbench.cli._streams import mend_streams

    mend_streams()
    watch()  # before anything that takes time to import

    from workbench.plugins import leave_out_damaged_metadata

    leave_out_damaged_metadata()

    from workbench.cli._app import app

    app()
