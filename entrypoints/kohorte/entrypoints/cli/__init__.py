"""The command line of Kohorte. ``main`` is the ``kohorte`` command."""

import sys


def main() -> None:
    """Run the command line; in a bare install say which extra is missing."""
    try:
        from kohorte.entrypoints.cli.app import run  # noqa: PLC0415 - what it needs may not be installed
        from kohorte.entrypoints.cli.streams import open_streams  # noqa: PLC0415 - as little as possible before
    except ModuleNotFoundError as missing:
        if (missing.name or "").partition(".")[0] == "kohorte":
            raise
        sys.stderr.write(
            f"The kohorte command needs the package {missing.name}, which this installation does not have.\n"
            'Install the extra "server":  pip install "kohorte[server]"\n'
        )
        raise SystemExit(1) from None
    except KeyboardInterrupt:  # while modules were read
        raise SystemExit(130) from None
    open_streams()
    raise SystemExit(run())
