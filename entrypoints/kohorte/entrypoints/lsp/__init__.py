"""The language server for editors: rules in files, with the help of ``kohorte.dsl.assistance``."""

from kohorte.entrypoints.lsp.server import serve

__all__ = ["serve"]
