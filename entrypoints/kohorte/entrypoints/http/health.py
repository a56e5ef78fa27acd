"""How the server is doing: alive, ready, and in figures."""

from ipaddress import ip_address
from typing import Any, Final

from attrs import frozen
from litestar import Request, Response, Router, get
from litestar.types import Guard
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from kohorte.core.access.permissions import Permission
from kohorte.entrypoints.bootstrap import Application
from kohorte.entrypoints.http.asking import Asking, caller_with
from kohorte.entrypoints.http.described import answering_head, described

_FORWARDED: Final = ("forwarded", "x-forwarded-for", "x-real-ip")
"""Who has one of these came through a proxy, which may itself run on this machine."""


@frozen
class HealthView:
    """How the server is doing: `alive`, or `ready`."""

    status: str


def health_router(application: Application, counted: Guard) -> Router:
    """Return the routes that monitoring asks; no key is needed but for the figures, and for these not from here.

    ``counted`` guards those that ask the database.
    """

    @get("/health", sync_to_thread=False)
    def health() -> HealthView:
        """Tell that the process is alive; nothing else is asked."""
        return HealthView("alive")

    @get("/ready", guards=[counted], sync_to_thread=True)
    def ready() -> HealthView:
        """Tell that requests can be answered: the database is asked."""
        with application.storage.tenants() as tenants:
            tenants.all()
        return HealthView("ready")

    @get("/metrics", guards=[counted], media_type=CONTENT_TYPE_LATEST, sync_to_thread=True)
    def metrics(request: Request[Any, Any, Any]) -> Response[bytes]:
        """Tell requests, their times and errors in the text form of Prometheus: with a key, or from this machine."""
        if not _is_local(request):
            caller_with(application, request).require(Permission.METRICS_READ)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return Router("/", route_handlers=[*answering_head(map(described, (health, ready, metrics)))], tags=["server"])


def _is_local(request: Asking) -> bool:
    if request.client is None or any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ip_address(request.client.host).is_loopback
    except ValueError:
        return False
