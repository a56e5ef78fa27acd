"""How often callers may ask: so many times a second, each key for itself, and whoever has none by their address.

Every process counts for itself: behind several of them, a caller may ask so often of each.
"""

from collections.abc import Awaitable, Callable, Mapping
from ipaddress import IPv6Address, IPv6Network, ip_address
from typing import Any, Final

from attrs import define, field
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from kohorte.core.errors import KohorteError
from kohorte.core.ports.clock import Clock

Connection = ASGIConnection[Any, Any, Any, Any]
SECONDS: Final = 1
"""Requests of so long are counted together, and forgotten afterwards."""
_MOST_COUNTED: Final = 10_000
_OTHERS: Final = "others"
_RATE: Final = "kohorte_rate"
_SITE_BITS: Final = 64


class TooManyRequests(KohorteError, RuntimeError):
    """A caller asks more often than it may."""

    code = "too_many_requests"


@define
class Rate:
    """Counts the requests of this second; ``limit`` is what each caller has of them, 0: any number.

    So many callers are told apart that memory stays small; those who come after them share what one may take.
    """

    limit: int
    clock: Clock
    _second: int = field(default=0, init=False)
    _counts: dict[str, int] = field(factory=dict[str, int], init=False)

    def take(self, who: str, connection: Connection) -> None:
        """Count a request, and note what is left for the answer; raise ``TooManyRequests`` where nothing was."""
        if not self.limit:
            return
        count = self._count(who)
        connection.scope["state"][_RATE] = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(max(self.limit - count, 0)),
            "RateLimit-Reset": str(SECONDS),
        }
        if count > self.limit:
            raise TooManyRequests(
                "These are too many requests.", hint="Wait as long as the headers say, and ask again."
            )

    def _count(self, who: str) -> int:
        if (second := int(self.clock.now().timestamp())) != self._second:
            self._second, self._counts = second, {}
        if who not in self._counts and len(self._counts) >= _MOST_COUNTED:
            who = _OTHERS
        self._counts[who] = self._counts.get(who, 0) + 1
        return self._counts[who]


def by_address(rate: Rate) -> Callable[[Connection, BaseRouteHandler], Awaitable[None]]:
    """Return a guard that counts the requests of each address."""

    async def count(connection: Connection, _route: BaseRouteHandler) -> None:
        rate.take(address_of(connection), connection)

    return count


def address_of(connection: Connection) -> str:
    """Return where a request comes from; of IPv6 the network of the site, which has as many addresses as it likes."""
    host = connection.client.host if connection.client else ""
    try:
        address = ip_address(host)
    except ValueError:  # a socket of this machine
        return host
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or IPv6Network((address, _SITE_BITS), strict=False))
    return str(address)


def rate_headers(scope: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what an answer says of how often its caller may ask."""
    found: Mapping[str, str] = scope.get("state", {}).get(_RATE, {})
    return found
