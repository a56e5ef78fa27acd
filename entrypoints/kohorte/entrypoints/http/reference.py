"""The table of routes, as documentation: every operation with its permission, written from the server itself."""

from collections.abc import Iterator
from typing import Final

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute

from kohorte.core.access.permissions import PERMISSIONS, Permission
from kohorte.entrypoints.http.application import DOCS
from kohorte.entrypoints.http.asking import NEEDED

_HEAD: Final = """# HTTP API

Written from the server; not edited by hand. How to use it: [Use the HTTP API](../how-to/use-the-http-api.md). A running
server describes every operation in full, with all parameters and answers, at `/api/docs`, and as OpenAPI 3.1 at
`/api/docs/openapi.json`.

| operation | permission | what it does |
|---|---|---|
"""
_ROLES: Final = """
## Roles

What a key with a role may do; with several roles, whatever any of them allows.

| permission | roles |
|---|---|
"""
_UNLISTED: Final = frozenset({"OPTIONS", "HEAD"})


def page(app: Litestar) -> str:
    """Return the page."""
    routes = sorted(operations(app), key=lambda each: (each[1], each[0]))
    rows = "".join(
        f"| `{method} {path}` | {_permission(handler)} | {_said(handler)} |\n" for method, path, handler in routes
    )
    roles = "".join(
        f"| {permission.value} | {', '.join(role.value for role in PERMISSIONS if permission in PERMISSIONS[role])} |\n"
        for permission in Permission
    )
    return _HEAD + rows + _ROLES + roles


def operations(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Yield method, path and handler of every operation, but for the pages that describe them."""
    for route in app.routes:
        if isinstance(route, HTTPRoute) and not route.path.startswith(DOCS):
            for method, (handler, _) in route.route_handler_map.items():
                if method not in _UNLISTED:
                    yield method, route.path_format, handler


def _permission(handler: HTTPRouteHandler) -> str:
    needed = handler.opt.get(NEEDED)
    return needed.value if isinstance(needed, Permission) else "–"


def _said(handler: HTTPRouteHandler) -> str:
    """Return the first paragraph of an operation's description, in one line."""
    return " ".join((handler.description or "").split("\n\n")[0].split())
