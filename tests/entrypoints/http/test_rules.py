"""Rules, lists and events over HTTP."""

import json
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from kohorte.core.segments.model import Segment
from kohorte.entrypoints.bootstrap import Application
from kohorte.entrypoints.http import api as api_package
from kohorte.entrypoints.http.bodies import read_body
from tests.entrypoints.http.conftest import Api


def test_a_rule_is_checked_said_analysed_and_completed(api: Api, shop: Application) -> None:
    checked = api("POST", "/api/rules/check", {"rule": "contact.country='DE'"}).json()
    assert checked["text"] == 'contact.country = "DE"'
    assert checked["fields"] == ["contact.country"]
    said = api("POST", "/api/rules/say", {"rule": checked["text"]}).json()
    assert {*said["sentence"]} == {"en", "de"}
    found = api("POST", "/api/rules/analyse", {"rule": 'contact.country = "DE" and contact.country = "AT"'}).json()
    assert found["findings"]
    offered = api("POST", "/api/rules/complete", {"rule": "contact.coun"}).json()
    assert "contact.country" in {each["text"] for each in offered["offers"]}


def test_a_rule_is_tried_before_anything_is_saved(api: Api, shop: Application) -> None:
    told = api("POST", "/api/rules/preview", {"rule": 'contact.country = "DE"', "sample": 1}).json()
    assert (told["count"], [each["key"] for each in told["sample"]]) == (2, ["C-1"])
    assert api("POST", "/api/rules/preview", {"rule": "contact.key is set", "sample": 1001}).status_code == 422
    explained = api("POST", "/api/rules/explain?contact=C-3", {"rule": 'contact.country = "DE"'}).json()
    assert explained["verdict"] is False


def test_a_count_is_told_in_time(api: Api, shop: Application) -> None:
    told = api("POST", "/api/rules/estimate", {"rule": 'contact.country = "DE"', "budget_ms": 10_000}).json()
    assert (told["count"], told["low"], told["high"], told["is_exact"]) == (2, 2, 2, True)
    assert (told["confidence"], told["budget_ms"], told["drawn"]) == (0.95, 10_000, None)
    for budget in (0, -1, 30_001, 10**30):
        refused = api("POST", "/api/rules/estimate", {"rule": "contact.key is set", "budget_ms": budget})
        assert refused.status_code == 422


def test_an_instant_has_its_offset(api: Api, shop: Application) -> None:
    rule = "purchases(last 30 days).count >= 1"
    told = [
        api("POST", "/api/rules/preview", {"rule": rule, "at": at}).json()["count"]
        for at in ("2024-05-15T12:00:00Z", "2024-08-01T00:00:00+02:00")
    ]
    assert told == [1, 0]
    refused = api("POST", "/api/rules/preview", {"rule": rule, "at": "2024-05-15T12:00:00"})
    assert refused.json()["errors"][0]["pointer"] == "/at"


def test_errors_are_said_in_the_readers_language(api: Api, shop: Application) -> None:
    body = {"rule": 'contact.contry = "DE"'}
    english = api("POST", "/api/rules/check", body).json()["detail"]
    german = api("POST", "/api/rules/check", body, headers={"Accept-Language": "fr, de-AT;q=0.8, en;q=0.5"}).json()
    assert german["detail"] != english
    assert german["code"] == "rule_refused"


def test_lists_are_kept(api: Api, shop: Application) -> None:
    assert api("POST", "/api/lists", {"name": "vip"}).status_code == 201
    added = api("POST", "/api/lists/vip/entries", {"entries": ["C-1", "C-1", "", "x" * 10_000]}).json()
    assert (added["new"], added["known"], added["refused"]) == (1, 1, 1)
    made = api("POST", "/api/segments", {"name": "vips", "rule": 'contact.key in list "vip"'})
    assert made.status_code == 201
    assert api("DELETE", "/api/lists/vip").status_code == 409
    assert api("PATCH", "/api/lists/vip", {"name": "patrons", "rewrite": True}).json()["name"] == "patrons"
    assert api("GET", made.headers["Location"]).json()["rule"] == 'contact.key in list "patrons"'
    told = api("GET", "/api/lists/patrons").json()
    assert (told["entries"], told["segments"]) == (["C-1"], ["vips"])


def test_events_are_followed_from_a_cursor(api: Api, germans: Segment) -> None:
    api("POST", f"/api/segments/{germans.id}/calculate")
    page = api("GET", "/api/events?limit=5").json()
    rest = api("GET", "/api/events", params={"after": page["after"]}).json()
    types = [each["type"] for each in page["events"] + rest["events"]]
    assert types.count("crm.segment.member_added") == 2
    assert types[-1] == "crm.segment.calculated"
    assert {each["specversion"] for each in rest["events"]} == {"1.0"}
    assert api("GET", "/api/events?after=nonsense").status_code == 422


def test_every_example_of_a_body_can_be_sent() -> None:
    found = [
        kind
        for name in (each.name for each in iter_modules(api_package.__path__))
        for kind in vars(import_module(f"{api_package.__name__}.{name}")).values()
        if isinstance(kind, type) and "EXAMPLE" in vars(kind)
    ]
    assert len({*found}) >= 12
    for kind in found:
        example: Any = vars(kind)["EXAMPLE"]
        assert isinstance(read_body(json.dumps(example).encode(), kind), kind)
