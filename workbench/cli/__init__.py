"""The command line: ``workbench run``, ``demo``, ``list`` … (see ``docs/cli.md``).

Modules here parse, call and print. What is heavy is imported inside the command that needs it, so
that ``workbench --help``, ``list`` or ``methods`` print at once and load no torch.
"""


def main() -> None:
    """Run the command line on ``sys.argv`` and end the process with its exit code."""
    from workbench.cli._app import app

    app()
