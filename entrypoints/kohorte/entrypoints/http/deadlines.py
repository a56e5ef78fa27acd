"""How long a request may take: to arrive, and then to be answered."""

from collections.abc import Mapping
from datetime import timedelta
from math import inf
from time import monotonic
from typing import Any, Final

from anyio import fail_after
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.types import ASGIApp, Receive, Scope, Send
from litestar.types.asgi_types import HTTPReceiveMessage

from kohorte.core.errors import KohorteError

UNHURRIED: Final = "unhurried"
"""Where a route says that its work takes as long as it takes: it writes or reads a file, or calculates."""


class RequestTimeout(KohorteError, TimeoutError):
    """A request did not arrive in its time."""

    code = "request_timeout"


class IncompleteBody(KohorteError, ConnectionError):
    """A caller went away before its request had arrived: nobody reads the answer, but the log does."""

    code = "incomplete_body"


class Arrival(ASGIMiddleware):
    """Let a body arrive within so many seconds (0: any); on an unhurried route each piece has so long."""

    scopes = (ScopeType.HTTP,)

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds or inf

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        """Answer a request whose body is waited for no longer."""
        end, is_whole, unhurried = monotonic() + self._seconds, False, is_unhurried(scope)

        async def receive_in_time() -> Any:
            nonlocal end, is_whole
            if is_whole:  # what comes afterwards is that the caller has gone
                return await receive()
            message = await _received(receive, end - monotonic())
            is_whole = not message.get("more_body", False)
            if unhurried:
                end = monotonic() + self._seconds
            return message

        await next_app(scope, receive_in_time, send)


def time_left(until: float | None) -> timedelta | None:
    """Return the time until an instant (``monotonic``), none where it is over; None: as long as it takes."""
    return None if until is None else timedelta(seconds=max(until - monotonic(), 0))


def is_unhurried(scope: Mapping[str, Any]) -> bool:
    """Tell whether the route of a request takes its time."""
    return bool(scope["route_handler"].opt.get(UNHURRIED))


async def _received(receive: Receive, seconds: float) -> HTTPReceiveMessage:
    try:
        with fail_after(seconds):
            message: Any = await receive()
    except TimeoutError:
        raise RequestTimeout("The body did not arrive in time.", hint="Send it faster, or less of it.") from None
    if message["type"] == "http.disconnect":
        raise IncompleteBody("The body did not arrive whole.", hint="Send it again.")
    found: HTTPReceiveMessage = message
    return found
