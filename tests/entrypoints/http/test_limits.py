"""What a caller may take: so many requests a second, whoever it is and however it pretends to be somebody else."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import anyio
import pytest
from attrs import frozen
from httpx import Response
from litestar import Litestar
from litestar.testing import TestClient

from kohorte.core.access.commands import RevokeKey
from kohorte.core.access.permissions import Role
from kohorte.core.access.tokens import Token, parse_token
from kohorte.core.segments.model import Segment
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.fakes import FixedClock
from kohorte.entrypoints.bootstrap import Application
from kohorte.entrypoints.http.application import Limits, create_app
from kohorte.entrypoints.http.deadlines import Arrival, IncompleteBody, RequestTimeout
from kohorte.entrypoints.http.problems import status_of
from tests.entrypoints.http.conftest import Api, Callers

SECOND = timedelta(seconds=1)


@pytest.fixture
def hurried(application: Application) -> Iterator[TestClient[Litestar]]:
    """A server that lets everybody ask three times a second."""
    with TestClient(create_app(application, Limits(requests_a_second=3))) as client:
        yield client


def asked(client: TestClient[Litestar], *tokens: str | None) -> list[Response]:
    return [Api(client, token)("GET", "/api/segments") for token in tokens]


def made_up(number: int) -> str:
    """Return a key of the right form that nobody has."""
    return Token(UUID(int=number), UUID(int=number), bytes(32)).text


def test_a_key_may_ask_so_often_in_each_second(
    hurried: TestClient[Litestar], caller: Callers, clock: FixedClock
) -> None:
    token = caller(Role.READ).token
    asked(hurried, token)  # before it is known to be good, an address asks
    answers = asked(hurried, *[token] * 4)
    assert [each.status_code for each in answers] == [200, 200, 200, 429]
    assert [each.headers["RateLimit-Remaining"] for each in answers] == ["2", "1", "0", "0"]
    refused = answers[-1]
    assert (refused.json()["code"], refused.headers["Retry-After"]) == ("too_many_requests", "1")
    clock.advance(SECOND)
    assert asked(hurried, token)[0].status_code == 200


def test_keys_that_are_made_up_are_counted_together(hurried: TestClient[Litestar]) -> None:
    answers = asked(hurried, *map(made_up, range(1, 4)), None, "nonsense", made_up(4))
    assert [each.status_code for each in answers] == [401, 401, 401, 429, 429, 429]


def test_a_key_that_is_made_up_costs_no_look_up_once_there_were_too_many(
    hurried: TestClient[Litestar], application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked_up = list[UUID]()
    find_key = application.storage.find_key

    def counted(tenant_id: UUID, key_id: UUID) -> object:
        looked_up.append(key_id)
        return find_key(tenant_id, key_id)

    monkeypatch.setattr(type(application.storage), "find_key", lambda _, *ids: counted(*ids))
    asked(hurried, *map(made_up, range(1, 20)))
    assert len(looked_up) == 3


def test_a_known_key_is_served_while_others_guess(hurried: TestClient[Litestar], caller: Callers) -> None:
    token = caller(Role.READ).token
    asked(hurried, token)
    asked(hurried, *map(made_up, range(1, 10)))
    assert asked(hurried, token)[0].status_code == 200


def test_a_revoked_key_counts_as_a_made_up_one(
    hurried: TestClient[Litestar], caller: Callers, application: Application, tenant: Tenant, clock: FixedClock
) -> None:
    token = caller(Role.READ).token or ""
    asked(hurried, token)
    application.bus.run(RevokeKey(_id(token)), tenant)
    clock.advance(SECOND * 2)
    assert [each.status_code for each in asked(hurried, token, *map(made_up, range(1, 4)))] == [401, 401, 401, 401]
    assert asked(hurried, token)[0].status_code == 429


def test_links_and_readiness_are_limited_too(hurried: TestClient[Litestar]) -> None:
    assert [hurried.get("/files/nonsense").status_code for _ in range(4)] == [404, 404, 404, 429]
    assert [hurried.get("/ready").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert {hurried.get("/health").status_code for _ in range(10)} == {200}


def _id(token: str) -> UUID:
    found = parse_token(token)
    assert found is not None
    return found.key_id


# -- time ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def impatient(shop: Application) -> Iterator[TestClient[Litestar]]:
    """A server on which nothing may take any time."""
    with TestClient(create_app(shop, Limits(seconds=1e-9, requests_a_second=0))) as client:
        yield client


def test_what_takes_too_long_is_given_up_and_nothing_is_half_done(
    impatient: TestClient[Litestar], api: Api, germans: Segment
) -> None:
    hurried = Api(impatient, api.token)
    for answer in (
        hurried("GET", "/api/segments"),
        hurried("DELETE", f"/api/segments/{germans.id}"),
        hurried("POST", f"/api/segments/{germans.id}/archive"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (504, "took_too_long")
        assert "Retry-After" not in answer.headers
    assert api("GET", f"/api/segments/{germans.id}").json()["status"] == "active"


def test_calculations_files_and_imports_take_their_time(
    impatient: TestClient[Litestar], api: Api, germans: Segment
) -> None:
    hurried = Api(impatient, api.token)
    assert hurried("POST", f"/api/segments/{germans.id}/calculate").json()[0]["members"] == 2
    assert hurried("GET", f"/api/segments/{germans.id}/export?columns=contact.key").text.split()[1:] == ["C-1", "C-2"]


def test_a_body_must_arrive_in_its_time() -> None:
    async def never() -> Any:
        await anyio.sleep_forever()

    async def wait(unhurried: bool, *pieces: bytes) -> list[bytes]:
        got = list[bytes]()

        async def read(scope: Any, receive: Any, send: Any) -> None:
            while True:
                got.append((await receive())["body"])

        scope: Any = {"type": "http", "route_handler": Route({"unhurried": unhurried})}
        waiting = iter(pieces)

        async def receive() -> Any:
            for piece in waiting:
                return {"type": "http.request", "body": piece, "more_body": True}
            return await never()

        with pytest.raises(RequestTimeout):
            await Arrival(0.05).handle(scope, receive, receive, read)  # type: ignore[arg-type]
        return got

    for unhurried in (True, False):
        assert anyio.run(wait, unhurried, b"a", b"b") == [b"a", b"b"]


def test_who_goes_away_while_sending_is_no_fault_of_the_server() -> None:
    async def leave() -> None:
        async def receive() -> Any:
            return {"type": "http.disconnect"}

        async def read(scope: Any, receive: Any, send: Any) -> None:
            await receive()

        scope: Any = {"type": "http", "route_handler": Route({})}
        with pytest.raises(IncompleteBody):
            await Arrival(0).handle(scope, receive, receive, read)  # type: ignore[arg-type]

    anyio.run(leave)
    assert status_of(IncompleteBody) == 400


@frozen
class Route:
    """What a request's scope knows of its route."""

    opt: dict[str, bool]
