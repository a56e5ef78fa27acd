"""A rule over HTTP, part by part: each keeps its id while others change."""

from kohorte.core.segments.model import Segment
from tests.entrypoints.http.conftest import Api


def test_parts_are_added_changed_moved_and_removed(api: Api, germans: Segment) -> None:
    path = f"/api/segments/{germans.id}/rules"
    (country,) = api("GET", path).json()
    assert (country["field"], country["operator"], country["value"]) == ("contact.country", "equals", "DE")
    added = api("POST", path, {"rule": "contact.email is set", "operator": "and"})
    assert added.status_code == 201
    assert added.json()["segment"]["rule"] == 'contact.country = "DE" and contact.email is set'
    changed = api("PUT", added.headers["Location"], {"rule": "contact.city is set", "note": "later"})
    assert changed.json()["rule"] == 'contact.country = "DE" and contact.city is set'
    told = api("GET", path).json()
    assert [each["id"] for each in told[1:]] == [country["id"], added.json()["id"]]
    assert told[0]["logical_operator"] == "and"
    moved = api("POST", f"{added.headers['Location']}/move", {"to": told[0]["id"], "position": 0})
    assert moved.json()["rule"] == 'contact.city is set and contact.country = "DE"'
    removed = api("DELETE", added.headers["Location"])
    assert removed.json()["rule"] == 'contact.country = "DE"'
    assert api("DELETE", f"{path}/{country['id']}").json()["code"] == "not_allowed"
    assert api("DELETE", added.headers["Location"]).status_code == 404


def test_a_part_that_cannot_be_read_is_refused_with_its_place(api: Api, germans: Segment) -> None:
    refused = api("POST", f"/api/segments/{germans.id}/rules", {"rule": "contact.email is"})
    assert (refused.status_code, refused.json()["code"]) == (422, "rule_refused")
    seen = api("GET", f"/api/segments/{germans.id}").headers["ETag"]
    body = {"rule": "contact.email is set"}
    assert api("POST", f"/api/segments/{germans.id}/rules", body, headers={"If-Match": seen}).status_code == 201
    late = api("POST", f"/api/segments/{germans.id}/rules", body, headers={"If-Match": seen})
    assert late.status_code == 412
