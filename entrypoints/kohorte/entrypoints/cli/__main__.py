"""``python -m kohorte.entrypoints.cli`` is the ``kohorte`` command."""

from kohorte.entrypoints.cli import main

main()
