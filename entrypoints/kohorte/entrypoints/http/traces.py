"""What every request leaves behind: an id that the answer names, one line in the log, and headers that keep it safe."""

import logging
import re
from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any, Final
from uuid import UUID

from litestar.datastructures import MutableScopeHeaders
from litestar.enums import HttpMethod, ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.routes import HTTPRoute
from litestar.types import ASGIApp, HTTPResponseStartEvent, Message, Receive, Scope, Send

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
                headers = _told_safely(message, request_id)
                headers.update(rate_headers(scope))
                if scope.get("method") == HttpMethod.OPTIONS:  # the framework forgets methods of other handlers
                    headers["Allow"] = _methods(scope)
            await send(message)

        try:
            await next_app(scope, receive, send_traced)
        finally:
            _log.info("request", extra={REQUEST: _told(scope, request_id, status, perf_counter() - begun)})


def bare_answers(new_id: Callable[[], UUID]) -> Callable[[Message, Scope], Awaitable[None]]:
    """Return a hook that gives an id, and safe headers, to what no route of ours answers: nothing is there."""

    async def complete(message: Message, scope: Scope) -> None:
        if message["type"] == "http.response.start":
            headers = MutableScopeHeaders(message)
            if HEADER not in headers and "etag" not in headers:  # files that the page needs may be kept
                _told_safely(message, _request_id(scope, new_id()))

    return complete


def _told_safely(message: HTTPResponseStartEvent, request_id: str) -> MutableScopeHeaders:
    headers = MutableScopeHeaders(message)
    headers[HEADER] = request_id
    for name, value in _SAFE.items():
        headers.setdefault(name, value)
    return headers


def _methods(scope: Scope) -> str:
    """Return all methods that an address takes."""
    routes = (each for each in scope["litestar_app"].routes if isinstance(each, HTTPRoute))
    found = next(each for each in routes if each.path_format == scope["path_template"])
    return ", ".join(sorted(found.methods))


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
