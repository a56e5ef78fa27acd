"""What all operations have in common: methods, media types, ids of requests, and the place of what is wrong."""

from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from kohorte.core.segments.model import Segment
from kohorte.entrypoints.bootstrap import Application
from tests.entrypoints.http.conftest import Api

RULE = 'contact.country = "DE"'


def test_whatever_can_be_read_answers_head(api: Api, germans: Segment) -> None:
    for path in ("/api/segments", f"/api/segments/{germans.id}", "/api/contacts/C-1", "/health", "/api/nowhere"):
        read, head = api("GET", path), api("HEAD", path)
        assert (head.status_code, head.headers.get("ETag")) == (read.status_code, read.headers.get("ETag")), path


def test_options_and_refusals_name_every_method(api: Api, germans: Segment) -> None:
    every = {"GET", "HEAD", "OPTIONS", "POST"}
    assert {*api("OPTIONS", "/api/segments").headers["Allow"].split(", ")} == every
    refused = api("DELETE", "/api/segments")
    assert {*refused.headers["Allow"].split(", ")} == every
    assert refused.status_code == 405


def test_what_nobody_answers_has_an_id_too(api: Api, client: TestClient[Litestar]) -> None:
    for path in ("/nowhere", "/api/nowhere", "/health"):
        assert client.get(path, headers={"X-Request-ID": "mine"}).headers["X-Request-ID"] == "mine"
        assert client.get(path).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ("application/json", 201),
        ("application/json; charset=utf-8", 201),
        ("application/merge-patch+json", 201),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
    ],
)
def test_a_body_must_be_json(api: Api, application: Application, told: str, status: int) -> None:
    answer = api("POST", "/api/lists", content=b'{"name": "vip"}', headers={"Content-Type": told})
    assert answer.status_code == status
    if status == 415:
        assert answer.json()["code"] == "unsupported_media_type"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"name": "a\0b", "rule": RULE}, "/name"),
        ({"name": " ", "rule": RULE}, "/name"),
        ({"name": "a", "rule": RULE, "description": "\x07"}, "/description"),
        ({"name": "a", "rule": RULE, "tags": ["x" * 100]}, "/tags"),
        ({"name": "a", "rule": RULE, "note": "\0"}, "/note"),
        ({"name": "a", "rule": RULE, "every": "often"}, "/every"),
        ({"name": "a", "rule": RULE, "every": "400d"}, "/every"),
        ({"name": "a", "rule": RULE, "minimum_stay_days": -1}, "/minimum_stay_days"),
        ({"name": "a", "rule": RULE, "leave_when": "nonsense"}, "/leave_when"),
        ({"name": "a", "rule": "nonsense"}, "/rule"),
        ({"name": "a", "rule": RULE, "examples": [{"contact": "", "is_member": True}]}, "/examples"),
    ],
)
def test_what_is_wrong_has_a_place(api: Api, application: Application, body: Any, pointer: str) -> None:
    refused = api("POST", "/api/segments", body)
    assert (refused.status_code, [each["pointer"] for each in refused.json()["errors"]]) == (422, [pointer])


def test_a_wrong_parameter_is_named(api: Api) -> None:
    (wrong,) = api("GET", "/api/segments?limit=0").json()["errors"]
    assert (wrong["parameter"], wrong["pointer"]) == ("limit", None)


def test_a_body_that_is_missing_is_no_json(api: Api) -> None:
    refused = api("POST", "/api/segments")
    assert (refused.status_code, refused.json()["code"]) == (400, "malformed_body")
