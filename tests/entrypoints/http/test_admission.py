"""Who is let in: every route with no key, a wrong, an expired, a revoked and an insufficient one; no other tenant."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from litestar import Litestar
from litestar.handlers import HTTPRouteHandler
from litestar.routes import HTTPRoute
from litestar.testing import TestClient

from kohorte.core.access.commands import RevokeKey
from kohorte.core.access.permissions import PERMISSIONS, Permission, Role
from kohorte.core.access.tokens import parse_token
from kohorte.core.segments.model import Segment
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.fakes import FixedClock
from kohorte.entrypoints.bootstrap import Application
from kohorte.entrypoints.http.asking import NEEDED
from tests.entrypoints.http.conftest import Api, Callers, contact_id

UNKNOWN = str(UUID(int=7))


def api_routes(app: Litestar) -> Iterator[tuple[str, str, HTTPRouteHandler]]:
    """Yield method, path and handler of every operation of the API."""
    for route in app.routes:
        if isinstance(route, HTTPRoute) and route.path.startswith("/api/") and not route.path.startswith("/api/docs"):
            for method, (handler, _) in route.route_handler_map.items():
                if method not in {"OPTIONS", "HEAD"}:
                    yield method, route.path_format, handler


def filled(path: str, values: Mapping[str, str]) -> str:
    """Return a path with values in the place of its parameters."""
    for name in (
        "segment_id",
        "other_id",
        "member_id",
        "number",
        "key",
        "name",
        "kind",
        "field",
        "rule_id",
        "job_id",
        "item_key",
    ):
        path = path.replace(f"{{{name}}}", values.get(name, UNKNOWN))
    assert "{" not in path, path
    return path


KNOWN = {"key": "C-1", "name": "vip", "kind": "contacts", "number": "1", "field": "contact.email", "item_key": "P-1-1"}


def test_every_operation_names_its_permission(client: TestClient[Litestar]) -> None:
    found = [*api_routes(client.app)]
    assert len(found) > 40
    assert [path for _, path, handler in found if not isinstance(handler.opt.get(NEEDED), Permission)] == []


def test_no_operation_answers_without_a_good_key(
    client: TestClient[Litestar], caller: Callers, application: Application, tenant: Tenant, clock: FixedClock
) -> None:
    expired = caller(Role.ADMIN, expires_at=clock.now() + timedelta(hours=1))
    revoked, good = caller(Role.ADMIN), caller(Role.ADMIN)
    token = parse_token(revoked.token or "")
    assert token is not None
    application.bus.run(RevokeKey(token.key_id), tenant)
    clock.advance(timedelta(hours=2))
    forged = Api(client, (good.token or "")[:-8] + "AAAAAAAA")
    for method, path, _ in api_routes(client.app):
        for who, code in (
            (Api(client, None), "invalid_key"),
            (Api(client, "nonsense"), "invalid_key"),
            (forged, "invalid_key"),
            (expired, "expired_key"),
            (revoked, "revoked_key"),
        ):
            refused = who(method, filled(path, KNOWN))
            assert (refused.status_code, refused.json()["code"]) == (401, code), (method, path)
            assert refused.headers["WWW-Authenticate"].startswith("Bearer")


def test_no_operation_is_open_to_a_role_that_may_not(client: TestClient[Litestar], caller: Callers) -> None:
    callers = {role: caller(role) for role in Role}
    for method, path, handler in api_routes(client.app):
        needed = handler.opt[NEEDED]
        for role, who in callers.items():
            if needed not in PERMISSIONS[role]:
                refused = who(method, filled(path, KNOWN))
                assert (refused.status_code, refused.json()["code"]) == (403, "missing_permission"), (method, path)


def test_another_tenants_ids_are_as_unknown_as_any(
    client: TestClient[Litestar], api: Api, other: Api, germans: Segment, application: Application, tenant: Tenant
) -> None:
    api("POST", "/api/lists", {"name": "vip"})
    api("POST", "/api/fields", {"owner": "contact", "name": "score", "kind": "integer"})
    api("POST", f"/api/segments/{germans.id}/calculate")
    theirs = {
        **KNOWN,
        "field": "contact.score",
        "segment_id": str(germans.id),
        "other_id": str(germans.id),
        "member_id": str(contact_id(application, tenant, "C-1")),
    }
    bodies: Mapping[str, Any] = {"POST": {}, "PUT": {"name": "x", "rule": "contact.key is set"}, "PATCH": {"name": "x"}}
    before = api("GET", f"/api/segments/{germans.id}").json()
    tried = 0
    for method, path, _ in api_routes(client.app):
        if "{" not in path or "{kind}" in path:
            continue
        tried += 1
        known, unknown = (
            other(method, filled(path, values), bodies.get(method), params={"contact": "C-1"})
            for values in (theirs, {"number": "1", "key": "nobody", "name": "nobody", "field": "contact.nothing"})
        )
        assert known.status_code == unknown.status_code, (method, path, known.text)
        for secret in (germans.name, "ann@example.com", str(tenant.id)):
            assert secret not in known.text, (method, path)
        if known.status_code == 404:
            assert known.json()["code"] == unknown.json()["code"]
    assert tried > 25
    assert api("GET", f"/api/segments/{germans.id}").json() == before


def test_a_key_is_noted_as_used_on_a_day(api: Api, application: Application, tenant: Tenant) -> None:
    api("GET", "/api/segments")
    with application.bus.ports(tenant, reading=True) as ports:
        (key,) = ports.work.api_keys.all()
    assert str(key.last_used_on) == "2024-05-15"
