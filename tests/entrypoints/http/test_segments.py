"""Segments over HTTP: made, listed, read, changed, calculated and deleted as programs do."""

from uuid import UUID

import pytest

from kohorte.core.segments.model import Segment
from kohorte.core.tenants.model import Tenant
from kohorte.entrypoints.bootstrap import Application
from tests.entrypoints.http.conftest import Api, contact_id

RULE = 'contact.country = "DE"'


def test_a_segment_is_made_where_its_location_says(api: Api, shop: Application) -> None:
    made = api("POST", "/api/segments", {"name": "germans", "rule": RULE, "tags": ["eu"], "description": "at home"})
    assert made.status_code == 201
    read = api("GET", made.headers["Location"])
    assert read.status_code == 200
    assert read.headers["ETag"] == made.headers["ETag"]
    told = read.json()
    assert (told["name"], told["rule"], told["tags"], told["description"]) == ("germans", RULE, ["eu"], "at home")
    assert (told["type"], told["status"], told["member_count"], told["stale"]) == ("dynamic", "active", None, True)
    assert [each["version"] for each in told["versions"]] == [1]


def test_members_follow_a_calculation(api: Api, germans: Segment) -> None:
    (calculated,) = api("POST", f"/api/segments/{germans.id}/calculate").json()
    assert (calculated["segment"], calculated["members"], calculated["entered"]) == ("germans", 2, 2)
    page = api("GET", f"/api/segments/{germans.id}/members").json()
    assert (page["count"], [each["key"] for each in page["items"]], page["next"]) == (2, ["C-1", "C-2"], None)


def test_members_come_page_by_page(api: Api, germans: Segment) -> None:
    api("POST", f"/api/segments/{germans.id}/calculate")
    first = api("GET", f"/api/segments/{germans.id}/members?limit=1").json()
    second = api("GET", f"/api/segments/{germans.id}/members", params={"limit": 1, "cursor": first["next"]}).json()
    assert [each["key"] for each in first["items"] + second["items"]] == ["C-1", "C-2"]


def test_a_cursor_is_good_for_its_own_question_alone(api: Api, germans: Segment, guests: Segment) -> None:
    api("POST", f"/api/segments/{germans.id}/calculate")
    cursor = api("GET", f"/api/segments/{germans.id}/members?limit=1").json()["next"]
    for path, given in (
        (f"/api/segments/{guests.id}/members", cursor),
        (f"/api/segments/{germans.id}/members", cursor[:-2] + "AA"),
        (f"/api/segments/{germans.id}/members", "x"),
    ):
        refused = api("GET", path, params={"cursor": given})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_signature")


def test_a_change_names_what_it_has_seen(api: Api, germans: Segment) -> None:
    path = f"/api/segments/{germans.id}"
    seen = api("GET", path).headers["ETag"]
    changed = api("PATCH", path, {"tags": ["eu"]}, headers={"If-Match": seen})
    assert changed.status_code == 200
    late = api("PATCH", path, {"tags": ["late"]}, headers={"If-Match": seen})
    assert (late.status_code, late.json()["code"]) == (412, "precondition_failed")
    assert api("GET", path).json()["tags"] == ["eu"]
    assert api("PATCH", path, {"tags": []}, headers={"If-Match": changed.headers["ETag"]}).json()["tags"] == []


def test_what_is_not_named_stays_and_null_takes_the_description_away(api: Api, germans: Segment) -> None:
    path = f"/api/segments/{germans.id}"
    api("PATCH", path, {"description": "at home", "tags": ["eu"]})
    assert api("PATCH", path, {"name": "Germans"}).json()["description"] == "at home"
    changed = api("PATCH", path, {"description": None}).json()
    assert (changed["description"], changed["tags"], changed["rule"]) == (None, ["eu"], RULE)


def test_what_is_replaced_keeps_nothing_that_is_not_named(api: Api, germans: Segment) -> None:
    path = f"/api/segments/{germans.id}"
    api("PATCH", path, {"description": "at home", "tags": ["eu"]})
    replaced = api("PUT", path, {"name": "germans", "rule": RULE}).json()
    assert (replaced["description"], replaced["tags"], replaced["rule_version"]) == (None, [], 1)
    refused = api("PUT", path, {"name": "germans"})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/rule")


def test_members_are_let_stay_until_a_replacement_says_otherwise(api: Api, germans: Segment) -> None:
    path, leave = f"/api/segments/{germans.id}", "contact.country is empty"
    changed = api("PATCH", path, {"leave_when": leave, "minimum_stay_days": 7}).json()
    assert (changed["leave_when"], changed["minimum_stay_days"], changed["rule_version"]) == (leave, 7, 2)
    (listed,) = api("GET", "/api/segments", params={"search": "germans"}).json()["items"]
    assert (listed["leave_when"], listed["minimum_stay_days"]) == (leave, 7)
    changed = api("PATCH", path, {"leave_when": None}).json()
    assert (changed["leave_when"], changed["minimum_stay_days"]) == (None, 7)
    assert api("PUT", path, {"name": "germans", "rule": RULE}).json()["minimum_stay_days"] == 0


def test_a_segment_kept_by_hand_is_replaced_without_a_rule(api: Api, shop: Application) -> None:
    path = api("POST", "/api/segments", {"name": "guests of honour", "type": "static"}).headers["Location"]
    replaced = api("PUT", path, {"name": "guests", "type": "static"}).json()
    assert (replaced["name"], replaced["rule"], replaced["minimum_stay_days"]) == ("guests", None, 0)


def test_a_rule_with_errors_is_refused_with_their_places(api: Api, shop: Application) -> None:
    refused = api("POST", "/api/segments", {"name": "x", "rule": 'contact.contry = "DE"'})
    assert refused.status_code == 422
    assert refused.headers["Content-Type"] == "application/problem+json"
    told = refused.json()
    assert told["code"] == "rule_refused"
    (error,) = told["errors"]
    assert (error["pointer"], error["line"], error["column"], error["start"], error["end"]) == ("/rule", 1, 1, 0, 14)


def test_all_that_is_wrong_with_a_body_is_told_at_once(api: Api, shop: Application) -> None:
    body = {"name": 1, "tags": ["a", 2], "typ": "x", "examples": [{"contact": "C-1"}], "rule": RULE}
    refused = api("POST", "/api/segments", body)
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_body")
    pointers = {each["pointer"] for each in refused.json()["errors"]}
    assert pointers == {"/name", "/tags/1", "/typ", "/examples/0/is_member"}


@pytest.mark.parametrize("text", ["", "{", "nonsense", "[1", "\ud800"])
def test_a_body_that_is_no_json_is_refused(api: Api, text: str) -> None:
    refused = api("POST", "/api/segments", content=text.encode("utf-8", "surrogatepass"))
    assert refused.status_code in {400, 422}
    assert refused.headers["Content-Type"] == "application/problem+json"


def test_a_segment_that_is_needed_is_not_deleted(api: Api, germans: Segment) -> None:
    made = api("POST", "/api/segments", {"name": "on top", "rule": 'in segment "germans"'})
    refused = api("DELETE", f"/api/segments/{germans.id}")
    assert (refused.status_code, refused.json()["code"]) == (409, "not_allowed")
    assert api("DELETE", made.headers["Location"]).status_code == 204
    assert api("DELETE", f"/api/segments/{germans.id}").status_code == 204
    assert api("GET", f"/api/segments/{germans.id}").status_code == 404


def test_lists_are_filtered_sorted_and_paged(api: Api, shop: Application) -> None:
    for name, tags in (("beta", ["x"]), ("Alpha", ["x", "y"]), ("gamma", [])):
        api("POST", "/api/segments", {"name": name, "rule": RULE, "tags": tags})

    def names(**asked: object) -> list[str]:
        return [each["name"] for each in api("GET", "/api/segments", params=asked).json()["items"]]

    assert names() == ["Alpha", "beta", "gamma"]
    assert names(descending=True) == ["gamma", "beta", "Alpha"]
    assert names(tag="x") == ["Alpha", "beta"]
    assert names(search="AM") == ["gamma"]
    assert names(type="static") == []
    first = api("GET", "/api/segments?limit=2").json()
    assert first["count"] == 3
    assert names(limit=2, cursor=first["next"]) == ["gamma"]
    wrong = api("GET", "/api/segments", params={"limit": 2, "cursor": first["next"], "descending": True})
    assert wrong.status_code == 422


@pytest.mark.parametrize("asked", ["limit=0", "limit=501", "limit=x", "sort=x", "status=x", "descending=maybe"])
def test_a_question_that_cannot_be_asked_is_refused(api: Api, asked: str) -> None:
    refused = api("GET", f"/api/segments?{asked}")
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_request")


def test_people_are_put_in_by_key_or_id_and_taken_out(
    api: Api, guests: Segment, application: Application, tenant: Tenant
) -> None:
    path = f"/api/segments/{guests.id}/members"
    ann, bob = contact_id(application, tenant, "C-1"), contact_id(application, tenant, "C-2")
    added = api("POST", path, {"keys": ["C-1", "nobody"], "ids": [str(bob)]}).json()
    assert (added["members"], added["entered"], added["unknown"]) == (2, 2, ["nobody"])
    removed = api("DELETE", f"{path}/{ann}").json()
    assert (removed["members"], removed["left"]) == (1, 1)
    assert [each["key"] for each in api("GET", path).json()["items"]] == ["C-2"]


def test_a_rule_alone_decides_who_is_in_a_dynamic_segment(api: Api, germans: Segment) -> None:
    refused = api("POST", f"/api/segments/{germans.id}/members", {"keys": ["C-3"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "not_allowed")


def test_another_rule_is_compared_before_it_is_saved_and_an_earlier_one_restored(api: Api, germans: Segment) -> None:
    path = f"/api/segments/{germans.id}"
    told = api("POST", f"{path}/difference", {"rule": 'contact.country = "AT"'}).json()
    assert (told["adds"], told["removes"], [each["key"] for each in told["added"]]) == (1, 2, ["C-3"])
    api("PATCH", path, {"rule": 'contact.country = "AT"', "note": "moved"})
    restored = api("POST", f"{path}/versions/1/restore", {"note": "back"}).json()
    assert (restored["rule"], restored["rule_version"]) == (RULE, 3)
    versions = api("GET", f"{path}/versions").json()
    assert [(each["version"], each["note"]) for each in versions] == [(3, "back"), (2, "moved"), (1, None)]
    assert api("POST", f"{path}/versions/9/restore", {}).status_code == 404


def test_segments_are_archived_together_and_each_refusal_stands_alone(api: Api, germans: Segment) -> None:
    top = api("POST", "/api/segments", {"name": "on top", "rule": 'in segment "germans"'}).json()
    unknown = str(UUID(int=7))
    told = api("POST", "/api/segments/archive", {"ids": [str(germans.id), unknown, top["id"]]}).json()
    assert [each["error"] and each["error"]["code"] for each in told] == ["not_allowed", "not_found", None]
    assert api("POST", f"/api/segments/{top['id']}/activate").json()["status"] == "active"


def test_why_a_contact_is_in_is_explained(api: Api, germans: Segment) -> None:
    api("POST", f"/api/segments/{germans.id}/calculate")
    told = api("GET", f"/api/segments/{germans.id}/explain?contact=C-1").json()
    assert told["verdict"] is True
    assert told["member"]["entered_at"] == "2024-05-15T12:00:00Z"
    assert told["conditions"][0]["values"] == ["DE"]
    assert api("GET", f"/api/segments/{germans.id}/explain?contact=nobody").status_code == 404


def test_figures_are_told(api: Api, germans: Segment, guests: Segment) -> None:
    api("POST", "/api/segments/calculate", {})
    last = api("GET", f"/api/segments/{germans.id}/performance?by=month").json()[-1]
    assert (last["members"], last["active"], last["entered"], last["growth_rate"]) == (2, 1, 2, None)
    assert (last["campaign_count"], last["conversion_rate"], last["revenue"]) == (0, None, [])
    api("POST", f"/api/segments/{guests.id}/members", {"keys": ["C-1", "C-3"]})
    overlap = api("GET", f"/api/segments/{germans.id}/overlap/{guests.id}").json()
    assert (overlap["both"], overlap["one_alone"], overlap["other_alone"]) == (1, 1, 1)


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "xlsx"])
def test_members_are_exported(api: Api, germans: Segment, form: str) -> None:
    api("POST", f"/api/segments/{germans.id}/calculate")
    file = api("GET", f"/api/segments/{germans.id}/export?format={form}&columns=contact.key,contact.country")
    assert file.status_code == 200
    assert f'filename="germans.{form}"' in file.headers["Content-Disposition"]
    assert len(file.content) == int(file.headers["Content-Length"])
    if form == "csv":
        assert file.text == "contact.key,contact.country\r\nC-1,DE\r\nC-2,DE\r\n"
    wrong = api("GET", f"/api/segments/{germans.id}/export?columns=contact.keys")
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_input")
