"""What every request leaves behind: an id that the answer names, one line in the log, and headers that keep it safe."""

import logging
import re
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final
from uuid import UUID

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from kohorte.entrypoints.http.asking import caller_of_scope
from kohorte.entrypoints.http.logs import REQUEST
from kohorte.entrypoints.http.rates import rate_headers

HEADER: Final = "X-Request-ID"
_ACCEPTED: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_SAFE: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",  # answers hold people's data: nobody in between keeps them
}
_log = logging.getLogger("kohorte.http")


class Traces(ASGIMiddleware):
    """Give each request an id, and write one line about it: the route, never the address, which may name people."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, new_id: Callable[[], UUID]) -> None:
        self._new_id = new_id  # a function, because the framework copies its middleware for each route

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Answer a request, and tell of it."""
        request_id, begun, status = _request_id(scope, self._new_id()), perf_counter(), 500

        async def send_traced(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableScopeHeaders(message)
                headers[HEADER] = request_id
                for name, value in {**_SAFE, **rate_headers(scope)}.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await next_app(scope, receive, send_traced)
        finally:
            _log.info("request", extra={REQUEST: _told(scope, request_id, status, perf_counter() - begun)})


def _request_id(scope: Scope, new: UUID) -> str:
    """Return the id that a request came with, where it can be one, or else a new one."""
    for name, value in scope["headers"]:
        if name == HEADER.lower().encode():
            text = value.decode("latin-1")
            return text if _ACCEPTED.fullmatch(text) else new.hex
    return new.hex


def _told(scope: Scope, request_id: str, status: int, seconds: float) -> dict[str, Any]:
    caller = caller_of_scope(scope)
    return {
        "request_id": request_id,
        "method": scope.get("method"),
        "route": scope.get("path_template"),
        "status": status,
        "milliseconds": round(seconds * 1000, 1),
        "tenant": caller and str(caller.tenant.id),
        "key": caller and str(caller.key_id),
    }
