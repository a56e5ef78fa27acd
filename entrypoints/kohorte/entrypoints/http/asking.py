"""Who asks, and what for: every operation gets the tenant's bus, the caller's name and the caller's language."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from hashlib import blake2b, sha256
from time import monotonic
from typing import Any, Final, TypeVar

from attrs import define, evolve, field, frozen
from litestar import Request
from litestar.concurrency import sync_to_thread
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from kohorte.core.access.commands import NoteUse
from kohorte.core.access.model import Caller, InvalidKey
from kohorte.core.access.permissions import Permission
from kohorte.core.access.queries import caller_of
from kohorte.core.bus import Ports
from kohorte.core.messages import Command
from kohorte.core.tenants.model import Tenant
from kohorte.entrypoints.bootstrap import Application
from kohorte.entrypoints.http.deadlines import UNHURRIED, is_unhurried, time_left
from kohorte.entrypoints.http.languages import language_of
from kohorte.entrypoints.http.rates import Rate, address_of
from kohorte.entrypoints.languages import Language

R = TypeVar("R")
Asking = Request[Any, Any, Any]
Connection = ASGIConnection[Any, Any, Any, Any]
NEEDED: Final = "permission"
"""Where a route names the permission that it asks for."""
TRUSTED: Final = timedelta(seconds=1)
_MOST_KNOWN: Final = 10_000
_CALLER: Final = "kohorte_caller"
_BODY: Final = "kohorte_body"
_BEARER: Final = "bearer "


@frozen
class Asked:
    """What an operation may use: the application, for the caller's tenant and in the caller's name.

    ``fingerprint`` tells this request from every other one: its method, its address and its body. ``until`` is when its
    time is over (``monotonic``): commands and queries are stopped then.
    """

    application: Application
    caller: Caller
    language: Language
    fingerprint: str
    until: float | None = None

    @property
    def tenant(self) -> Tenant:
        """Return the caller's tenant: no operation reaches another one."""
        return self.caller.tenant

    def run(self, command: Command[R], *, also: Callable[[R, Ports], None] | None = None) -> R:
        """Run a command; ``also`` what belongs into its transaction."""
        bus = self.application.bus
        return bus.run(command, self.tenant, by=self.caller.name, also=also, within=time_left(self.until))

    def read(self, query: Callable[[Ports], R]) -> R:
        """Run a query in a unit of work that only reads."""
        with self.application.bus.ports(self.tenant, reading=True, within=time_left(self.until)) as ports:
            return query(ports)


def needs(permission: Permission, *, unhurried: bool = False) -> dict[str, Any]:
    """Return what a route says of itself: the permission that it asks for, and whether it may take its time."""
    return {NEEDED: permission, UNHURRIED: unhurried}


@define
class Admission:
    """The guard that lets callers in: with a key, and where the route's permission is theirs.

    Who was let in is known for ``TRUSTED`` without asking the storage again: for so long a key that is revoked or
    expires may go on opening what it did. Requests are counted by the key where that was good before, and else by the
    address: whoever makes keys up is refused before the storage is asked.
    """

    application: Application
    rate: Rate
    _known: dict[bytes, tuple[Caller, datetime]] = field(factory=dict[bytes, tuple[Caller, datetime]], init=False)

    def guard(self) -> Callable[[Connection, BaseRouteHandler], Awaitable[None]]:
        """Return the guard as the framework takes it: it copies objects, and leaves functions as they are."""

        async def admit(connection: Connection, route: BaseRouteHandler) -> None:
            caller = await self._caller(connection)
            if (needed := route.opt.get(NEEDED)) is not None:  # what lists a route's methods needs none
                caller.require(needed)
            connection.scope["state"][_CALLER] = caller

        return admit

    async def _caller(self, connection: Connection) -> Caller:
        token, now = _token_of(connection), self.application.clock.now()
        mark = sha256(token.encode()).digest()
        known = self._known.get(mark)
        self.rate.take(str(known[0].key_id) if known else address_of(connection), connection)
        if known is not None and now - known[1] < TRUSTED:
            return known[0]
        self._known.pop(mark, None)
        caller = await sync_to_thread(caller_with, self.application, connection)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[mark] = evolve(caller, is_first_today=False), now
        return caller


def asked_of(application: Application, seconds: float) -> Callable[[Asking], Asked]:
    """Return what gives operations their ``asked``, with so many seconds' time (0: any) unless they are unhurried."""

    def provide(request: Asking) -> Asked:
        state = request.scope["state"]
        told = f"{request.method} {request.url.path}?{request.url.query}\n{state.get(_BODY, '')}"
        fingerprint = blake2b(told.encode(), digest_size=16).hexdigest()
        until = monotonic() + seconds if seconds and not is_unhurried(request.scope) else None
        return Asked(application, state[_CALLER], language_of(request), fingerprint, until)

    return provide


def use_noted(application: Application) -> Callable[[Asking], Awaitable[None]]:
    """Return what notes, after an answer, that a key was used on this day: nobody waits for it."""

    async def note(request: Asking) -> None:
        caller = caller_of_scope(request.scope)
        if caller is not None and caller.is_first_today:
            await sync_to_thread(application.bus.run, NoteUse(caller.key_id), caller.tenant)

    return note


def note_body(connection: Connection, body: bytes) -> None:
    """Note what the body of a request was, by which a repeated request is known."""
    connection.scope["state"][_BODY] = blake2b(body, digest_size=16).hexdigest()


def caller_with(application: Application, connection: Connection) -> Caller:
    """Return who asks, by the header ``Authorization: Bearer`` (RFC 6750); raise ``InvalidKey``."""
    if not (token := _token_of(connection)):
        raise InvalidKey("The request has no key.", hint="Send the header Authorization: Bearer KEY.")
    return caller_of(application.storage, token, application.clock.now())


def _token_of(connection: Connection) -> str:
    """Return the key of a request; nothing where it has none."""
    header = connection.headers.get("authorization", "")
    return header[len(_BEARER) :].strip() if header.lower().startswith(_BEARER) else ""


def caller_of_scope(scope: Mapping[str, Any]) -> Caller | None:
    """Return who was let in with a request, if anybody was."""
    found: Caller | None = scope.get("state", {}).get(_CALLER)
    return found
