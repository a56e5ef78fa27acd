"""A server over a small shop, without a socket, and callers of every role."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from attrs import frozen
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from kohorte.core.access.commands import CreateKey
from kohorte.core.access.permissions import Role
from kohorte.core.contacts.commands import SaveContact
from kohorte.core.purchases.commands import SavePurchase
from kohorte.core.segments.commands import CreateSegment
from kohorte.core.segments.model import Segment, SegmentType
from kohorte.core.tenants.commands import CreateTenant
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.fakes import FixedClock
from kohorte.entrypoints.bootstrap import Application, migrate_database, open_application
from kohorte.entrypoints.http.application import Limits, create_app

PEOPLE = {
    "C-1": {"email": "ann@example.com", "first_name": "Ann", "country": "DE"},
    "C-2": {"email": "bob@example.com", "first_name": "Bob", "country": "DE"},
    "C-3": {"email": "cyd@example.com", "first_name": "Cyd", "country": "AT"},
}


@frozen
class Api:
    """One caller of the server."""

    client: TestClient[Litestar]
    token: str | None

    def __call__(self, method: str, path: str, json: Any = None, **given: Any) -> Response:
        headers = {**({"Authorization": f"Bearer {self.token}"} if self.token else {}), **given.pop("headers", {})}
        if json is not None:
            given["json"] = json
        return self.client.request(method, path, headers=headers, **given)


Callers = Callable[..., Api]


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def application(tmp_path: Path, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Application]:
    monkeypatch.setenv("KOHORTE_SECRET", "a secret of thirty-two signs or so")
    database = f"sqlite:///{tmp_path / 'kohorte.db'}"
    migrate_database(database)
    application = open_application(database, clock=clock)
    yield application
    application.close()


@pytest.fixture
def tenant(application: Application) -> Tenant:
    return application.tenant("default")


@pytest.fixture
def client(application: Application) -> Iterator[TestClient[Litestar]]:
    with TestClient(create_app(application, Limits(requests_a_second=0)), raise_server_exceptions=False) as client:
        yield client


@pytest.fixture
def caller(application: Application, client: TestClient[Litestar]) -> Callers:
    """Make a caller of a tenant with roles; nobody twice by one name."""
    made = iter(range(1_000))

    def make(*roles: Role, tenant: str = "default", **given: Any) -> Api:
        command = CreateKey(f"key {next(made)}", roles, **given)
        return Api(client, application.bus.run(command, application.tenant(tenant)).token)

    return make


@pytest.fixture
def api(caller: Callers) -> Api:
    """A caller that may do everything."""
    return caller(Role.ADMIN)


@pytest.fixture
def other(application: Application, caller: Callers) -> Api:
    """A caller that may do everything, for another tenant."""
    application.bus.administer(CreateTenant("other", "UTC", "EUR"))
    return caller(Role.ADMIN, tenant="other")


@pytest.fixture
def shop(application: Application, tenant: Tenant) -> Application:
    """Three people, one of whom bought something."""
    for key, values in PEOPLE.items():
        application.bus.run(SaveContact(key, values), tenant)
    bought = {"contact": "C-1", "at": "2024-05-01T10:00:00Z", "amount": "12.50"}
    application.bus.run(SavePurchase("P-1", bought), tenant)
    return application


@pytest.fixture
def germans(shop: Application, tenant: Tenant) -> Segment:
    return shop.bus.run(CreateSegment("germans", 'contact.country = "DE"'), tenant)


@pytest.fixture
def guests(shop: Application, tenant: Tenant) -> Segment:
    return shop.bus.run(CreateSegment("guests", type=SegmentType.STATIC), tenant)


def contact_id(application: Application, tenant: Tenant, key: str) -> UUID:
    with application.bus.ports(tenant, reading=True) as ports:
        return ports.work.contacts.by_key(key).id
