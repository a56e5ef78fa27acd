"""Asking twice with one key: it happens once, and the answer comes again."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from kohorte.core.ports.answers import KEPT
from kohorte.core.tenants.model import Tenant
from kohorte.core.testing.fakes import FixedClock
from kohorte.entrypoints.bootstrap import Application
from kohorte.entrypoints.worker.rounds import work_once
from tests.entrypoints.http.conftest import Api, Callers

BODY = {"name": "germans", "rule": 'contact.country = "DE"'}
KEY = {"Idempotency-Key": "a"}


def test_a_repeated_request_is_answered_as_before_and_does_nothing(api: Api, shop: Application) -> None:
    first = api("POST", "/api/segments", BODY, headers=KEY)
    again = api("POST", "/api/segments", BODY, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert (again.headers["Location"], again.headers["ETag"]) == (first.headers["Location"], first.headers["ETag"])
    assert again.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first.headers
    assert len(api("GET", "/api/segments").json()["items"]) == 1


def test_a_key_is_good_for_one_request_of_one_caller(api: Api, caller: Callers, shop: Application) -> None:
    api("POST", "/api/segments", BODY, headers=KEY)
    reused = api("POST", "/api/segments", {**BODY, "name": "x"}, headers=KEY)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    from kohorte.core.access.permissions import Role  # noqa: PLC0415 - beside its only use

    another = caller(Role.MARKETING)("POST", "/api/segments", BODY, headers=KEY)
    assert another.json()["code"] == "already_exists"


def test_what_was_refused_may_be_asked_again(api: Api, shop: Application) -> None:
    assert api("POST", "/api/segments", {"name": "x", "rule": "nonsense"}, headers=KEY).status_code == 422
    assert api("POST", "/api/segments", BODY, headers=KEY).status_code == 201


def test_a_key_is_forgotten_after_a_day(api: Api, shop: Application, clock: FixedClock) -> None:
    api("POST", "/api/segments", BODY, headers=KEY)
    clock.advance(KEPT + timedelta(seconds=1))
    assert api("POST", "/api/segments", BODY, headers=KEY).json()["code"] == "already_exists"


def test_the_worker_forgets_what_nobody_is_answered_any_more(
    api: Api, shop: Application, tenant: Tenant, clock: FixedClock
) -> None:
    api("POST", "/api/segments", BODY, headers=KEY)
    clock.advance(KEPT)
    with shop.bus.ports(tenant, reading=True) as ports:
        assert ports.work.answers.are_over(clock.now())
    work_once(shop)
    with shop.bus.ports(tenant, reading=True) as ports:
        assert not ports.work.answers.are_over(clock.now())


def test_of_many_at_once_one_happens_and_all_get_its_answer(api: Api, shop: Application) -> None:
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(api, "POST", "/api/segments", BODY, headers=KEY) for _ in range(8)]
        answers = [each.result() for each in asked]
    assert {each.status_code for each in answers} == {201}
    assert len({each.json()["id"] for each in answers}) == 1
    assert len(api("GET", "/api/segments").json()["items"]) == 1
