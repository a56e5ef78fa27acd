"""The command line of Kohorte. ``main`` is the ``kohorte`` command."""

import sys


def main() -> None:
    """Run the command line; in a bare install say which extra is missing."""
    try:
        from kohorte.entrypoints.cli.app import run  # noqa: PLC0415 - what it needs may not be installed
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] == "kohorte":
            raise
        sys.stderr.write(
            f"The kohorte command needs the package {missing.name}, which this installation does not have.\n"
            'Install the extra "server":  pip install "kohorte[server]"\n'
        )
        raise SystemExit(1) from None
    raise SystemExit(run())
